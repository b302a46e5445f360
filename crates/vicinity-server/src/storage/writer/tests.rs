use std::sync::mpsc;

use vicinity_sqlite::{SqliteHub, SqliteNational};
use vicinity_store::board::BoardStore;
use vicinity_store::review::ReviewStore;
use vicinity_store::{DatabaseKey, StoreError};

use super::*;

/// Commits are counted; a step's number is in the store if it was kept.
#[derive(Default)]
struct Numbers {
    kept: Vec<u32>,
    commits: Vec<usize>,
    fails: bool,
}

impl Stored for Numbers {
    type Port = Self;

    fn together(
        &mut self,
        next: &mut dyn FnMut(&mut Self) -> Option<bool>,
    ) -> Result<(), StoreError> {
        let (before, mut ran) = (self.kept.clone(), 0);
        loop {
            let step = self.kept.clone();
            match next(self) {
                None => break,
                Some(true) => {}
                Some(false) => self.kept = step,
            }
            ran += 1;
        }
        self.commits.push(ran);
        if self.fails {
            self.kept = before;
            return Err(StoreError::RolledBack);
        }
        Ok(())
    }
}

fn device(number: u8) -> Line {
    Line::Of([number; 16], [0; 8])
}

/// Holds the thread in a step until this is used, so that what is asked meanwhile waits together.
fn held<P: ?Sized + 'static>(
    writer: &Writer<P>,
) -> (
    mpsc::Sender<()>,
    tokio::task::JoinHandle<Result<(), WriterError>>,
) {
    let (go, wait) = mpsc::channel();
    let (begun, has_begun) = mpsc::channel();
    let writer = writer.clone();
    let holding = tokio::spawn(async move {
        writer
            .weighed(Line::First, move |_, ops| {
                begun.send(()).unwrap();
                *ops = REQUEST_OPS;
                wait.recv().unwrap();
            })
            .await
    });
    tokio::task::block_in_place(|| has_begun.recv().unwrap());
    (go, holding)
}

/// Asks for a step and comes back once it waits in its line.
fn asks(
    writer: &Writer<Numbers>,
    line: Line,
    number: u32,
    work: u64,
) -> oneshot::Receiver<Result<u32, WriterError>> {
    let (reply, answer) = oneshot::channel();
    let step = move |store: &mut Numbers, ops: &mut u64| {
        *ops = work;
        store.kept.push(number);
        assert_ne!(number, 13, "a bug");
        number
    };
    writer
        .add(
            line,
            Box::new(ClosureJob {
                step: Some(step),
                result: None,
                reply,
            }),
        )
        .unwrap();
    answer
}

async fn seen(writer: &Writer<Numbers>) -> (Vec<u32>, Vec<usize>) {
    writer
        .step(|store| (store.kept.clone(), store.commits.clone()))
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_panics_fails_alone() {
    let (writer, thread) = Writer::start(Numbers::default());
    let (go, holding) = held(&writer);
    let answers: Vec<_> = (10..20)
        .map(|number| asks(&writer, device(1), number, 1))
        .collect();
    go.send(()).unwrap();
    holding.await.unwrap().unwrap();
    for (number, answer) in (10..).zip(answers) {
        let expected = if number == 13 {
            Err(WriterError::NotKept)
        } else {
            Ok(number)
        };
        assert_eq!(answer.await.unwrap(), expected);
    }
    assert_eq!(
        seen(&writer).await,
        (vec![10, 11, 12, 14, 15, 16, 17, 18, 19], vec![1, 10])
    );
    drop(writer);
    thread.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_ends_when_its_work_is_done_and_devices_take_turns() {
    let (writer, thread) = Writer::start(Numbers::default());
    let (go, holding) = held(&writer);
    let mut answers: Vec<_> = (20..24)
        .map(|number| asks(&writer, device(1), number, REQUEST_OPS))
        .collect();
    answers.push(asks(&writer, device(2), 30, 1));
    answers.push(asks(&writer, Line::First, 1, 1));
    go.send(()).unwrap();
    holding.await.unwrap().unwrap();
    for answer in answers {
        answer.await.unwrap().unwrap();
    }
    assert_eq!(
        seen(&writer).await,
        (vec![1, 20, 30, 21, 22, 23], vec![1, 2, 2, 1, 1]),
        "the other device waits for one large request"
    );
    drop(writer);
    thread.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_commit_fails_nobody_is_told_that_it_was_kept() {
    let (writer, thread) = Writer::start(Numbers {
        fails: true,
        ..Numbers::default()
    });
    assert_eq!(
        asks(&writer, device(1), 1, 1).await.unwrap(),
        Err(WriterError::NotKept)
    );
    drop(writer);
    thread.join().unwrap();
}

/// Thirty-two devices ask a real store at the same moment, each to set a name; one of the steps panics when it has.
async fn one_of_thirty_two_panics<P: ?Sized + 'static>(
    store: impl Stored<Port = P>,
    set: fn(&mut P, &str),
    is_set: fn(&mut P, &str) -> bool,
) {
    let (writer, thread) = Writer::start(store);
    let (go, holding) = held(&writer);
    let asks = |number: u8| {
        let (reply, answer) = oneshot::channel();
        let step = move |store: &mut P, _: &mut u64| {
            set(store, &format!("step {number}"));
            assert_ne!(number, 13, "a bug");
        };
        writer
            .add(
                device(number),
                Box::new(ClosureJob {
                    step: Some(step),
                    result: None,
                    reply,
                }),
            )
            .unwrap();
        (number, answer)
    };
    let answers: Vec<_> = (1..=TOGETHER_MAX as u8).map(asks).collect();
    go.send(()).unwrap();
    holding.await.unwrap().unwrap();
    for (number, answer) in answers {
        assert_eq!(
            answer.await.unwrap(),
            if number == 13 {
                Err(WriterError::NotKept)
            } else {
                Ok(())
            },
            "{number}"
        );
    }
    let kept = writer
        .step(move |store| {
            (1..=TOGETHER_MAX)
                .filter(|number| is_set(store, &format!("step {number}")))
                .collect::<Vec<_>>()
        })
        .await
        .unwrap();
    assert_eq!(
        kept,
        (1..=TOGETHER_MAX)
            .filter(|number| *number != 13)
            .collect::<Vec<_>>()
    );
    drop(writer);
    thread.join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_requests_at_once_one_that_panics_leaves_thirty_one_at_a_hub() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteHub::open(folder.path(), &DatabaseKey::new([7; 32]), [1; 16]).unwrap();
    let set = |store: &mut (dyn BoardStore + 'static), name: &str| {
        store.set_setting(name, b"written").unwrap()
    };
    one_of_thirty_two_panics(store, set, |store, name| {
        store.setting(name).unwrap().is_some()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_thirty_two_requests_at_once_one_that_panics_leaves_thirty_one_at_national() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteNational::open(folder.path(), &DatabaseKey::new([7; 32])).unwrap();
    let set = |store: &mut (dyn ReviewStore + 'static), name: &str| {
        store.set_setting(name, b"written").unwrap()
    };
    one_of_thirty_two_panics(store, set, |store, name| {
        store.setting(name).unwrap().is_some()
    })
    .await;
}
