//! Invented incidents with what was done to them later, the same for the same seed: the shape that the peers were
//! measured with. None is of a real person or event.

use anyhow::Result;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use serde_json::{Value, json};
use std::fmt::Write;

const VIOLATIONS: &str = "hit_push beaten_choked weapon_threat rape unwanted_touch condom_refused_removed sex_demanded_by_official \
    insult_humiliation threat_harm threat_outing extortion_bribe client_nonpayment earnings_withheld robbery_theft \
    eviction arbitrary_arrest unlawful_detention raid_forced_rescue condoms_confiscated forced_test_treatment \
    confidentiality_breach healthcare_refused police_refused_help";
const PERPETRATORS: &str = "police police police military client client manager_third_party community_neighbour health_worker partner_ex \
    gang_extortion stranger unknown";
const SETTINGS: &str = "street bar_club brothel hotel client_home own_home vehicle police_station detention health_facility online";
const AREAS: &[(&str, &str)] = &[
    ("SN", "SN-DK-01 SN-DK-04 SN-TH-02 SN-ZG-01"),
    ("KH", "KH-12-03 KH-12-07 KH-17-01"),
    ("MX", "MX-JAL-02 MX-CMX-11 MX-VER-05"),
    ("KG", "KG-GB-01 KG-GO-03 KG-O-02"),
    ("IN", "IN-TG-05 IN-TG-09 IN-AP-02"),
];
const NEEDS: &str = "medical_injury pep_start emergency_contraception sti_prophylaxis psychosocial legal_advice lawyer_sent shelter \
    money_transport complaint_filed";
const FURTHER_ACTIONS: &str = "lives_first_line accompany safety_plan";
const PEOPLE: &[(&str, &str)] = &[
    ("woman", "fsw"),
    ("woman", "fsw"),
    ("trans_woman", "tsw"),
    ("man", "msw"),
    ("trans_man", "tsm"),
];
const SENTENCES: &[&str] = &[
    "She walked to the drop-in centre before dawn",
    "a friend brought water and waited outside the gate",
    "nobody gave a paper or a name",
    "the manager kept the whole week's earnings as a fine",
    "les voisins ont crié devant la porte",
    "une amie l'a accompagnée au centre vers six heures",
    "llegó caminando al centro con una compañera",
    "prefiere no denunciar todavía",
    "подруга привезла её в центр на такси",
    "заявление пока писать не хочет",
];

/// 2026-01-01T00:00:00Z in minutes since 1970.
const FIRST_MINUTE: u64 = 29_453_760;

/// What to make.
#[derive(Clone, Copy)]
pub struct Shape {
    /// How many incidents.
    pub incidents: usize,
    /// The seed.
    pub seed: u64,
    /// With what was done to them later, or as they were first logged.
    pub with_edits: bool,
}

/// JSON lines, as `device log --with-edits` takes them.
pub fn lines(shape: Shape) -> Result<String> {
    let mut rnd = Generator(StdRng::seed_from_u64(shape.seed));
    let mut text = String::new();
    for _ in 0..shape.incidents {
        let (incident, edits) = rnd.incident();
        let edits = if shape.with_edits { edits } else { Vec::new() };
        writeln!(text, "{}", json!({"incident": incident, "edits": edits}))?;
    }
    Ok(text)
}

struct Generator(StdRng);

impl Generator {
    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        // No list here is empty.
        of.choose(&mut self.0).copied().unwrap_or(of[0])
    }

    fn word(&mut self, of: &'static str) -> &'static str {
        self.one(&of.split(' ').collect::<Vec<_>>())
    }

    fn some(&mut self, of: &'static str, count: usize) -> Vec<&'static str> {
        let mut some: Vec<&str> = of
            .split(' ')
            .collect::<Vec<_>>()
            .sample(&mut self.0, count)
            .copied()
            .collect();
        some.sort_unstable();
        some
    }

    fn below(&mut self, end: u64) -> u64 {
        self.0.random_range(0..end)
    }

    fn incident(&mut self) -> (Value, Vec<Value>) {
        let (country, areas) = self.one(AREAS);
        let happened = FIRST_MINUTE + self.below(300 * 1440);
        let reported = happened + self.one(&[40, 200, 900, 4000, 15000]);
        let (gender, population) = self.one(PEOPLE);
        let mut populations = vec![population];
        if self.below(3) == 0 {
            populations.push(self.word("migrant pwid"));
        }
        populations.sort_unstable();
        let violations = self.one(&[1, 2, 2, 3]);
        let perpetrators: Vec<Value> = (0..self.one(&[1, 1, 2]))
            .map(|_| self.perpetrator())
            .collect();
        let mut consents = vec!["hub_response"];
        consents.extend(self.one::<&[&str]>(&[
            &["aggregate_count"],
            &["national_deid", "aggregate_count"],
            &["national_deid", "aggregate_count"],
            &[],
        ]));
        let code = self.below(100_000);
        let incident = json!({
            "occurred": {"at": &instant(happened)[..16], "precision": self.word("exact hour hour day week unknown")},
            "time_of_day": self.word("morning afternoon evening night"),
            "reported_at": instant(reported),
            "place": {"setting": self.word(SETTINGS), "area": self.word(areas)},
            "channel": self.word("outreach drop_in hotline peer_network"),
            "reporter_role": "peer_educator",
            "survivor": {
                "code": format!("{country}{code:05}"),
                "age": self.one(&[None, Some(19), Some(22), Some(24), Some(27), Some(31), Some(36), Some(44), Some(17)]),
                "gender": gender, "populations": populations,
            },
            "violations": self.some(VIOLATIONS, violations),
            "perpetrators": perpetrators,
            "motives": self.some("sex_work gender_identity hiv migration unknown", 1),
            "danger_now": self.word("no no no yes unknown"),
            "held_now": self.word("no no yes"),
            "needs": self.some(NEEDS, 2),
            "consents": consents,
            "statements": [{"class": "narrative", "text": self.narrative()}],
        });
        (incident, self.edits(reported))
    }

    fn perpetrator(&mut self) -> Value {
        json!({"kind": self.word(PERPETRATORS), "count_band": self.word("1 2-3 4+"), "known_before": self.word("yes no unknown")})
    }

    fn narrative(&mut self) -> String {
        let count = 4 + self.below(6);
        let sentences: Vec<&str> = (0..count).map(|_| self.one(SENTENCES)).collect();
        format!("{}. {}.", sentences.join(". "), self.below(1000))
    }

    fn edits(&mut self, reported: u64) -> Vec<Value> {
        let mut edits =
            vec![json!({"transition": {"to": "responding", "at": instant(reported + 60)}})];
        for _ in 0..self.one(&[1, 2, 3]) {
            let offered = reported + 60 * self.one(&[1, 3, 20, 30, 70]);
            let further = self.below(13) >= 10;
            edits.push(json!({"action": {
                "code": self.word(if further { FURTHER_ACTIONS } else { NEEDS }), "offered_at": instant(offered), "accepted": self.word("yes yes declined"),
                "done_at": instant(offered + 120), "outcome": self.word("done referred pending"),
            }}));
        }
        if self.below(2) == 0 {
            edits.push(json!({"set": {"field": "danger_now", "value": "no"}}));
        }
        let closed = instant(reported + 1440 * (3 + self.below(37)));
        edits.push(json!({"transition": {"to": self.word("monitoring closed_resolved closed_lost"), "at": closed}}));
        edits
    }
}

/// A minute since 1970 as an instant. Days are turned into dates by the era's arithmetic of Howard Hinnant.
fn instant(minute: u64) -> String {
    let days = minute / 1440 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let (day, month) = (
        day_of_year - (153 * shifted + 2) / 5 + 1,
        if shifted < 10 {
            shifted + 3
        } else {
            shifted - 9
        },
    );
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:00Z",
        minute % 1440 / 60,
        minute % 60
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_its_date() {
        assert_eq!(instant(FIRST_MINUTE), "2026-01-01T00:00:00Z");
        assert_eq!(
            instant(FIRST_MINUTE + 1440 * 58 + 61),
            "2026-02-28T01:01:00Z"
        );
        assert_eq!(instant(FIRST_MINUTE + 1440 * 365), "2027-01-01T00:00:00Z");
    }

    #[test]
    fn a_seed_gives_the_same_lines_and_another_gives_others() {
        let of = |seed| {
            lines(Shape {
                incidents: 20,
                seed,
                with_edits: true,
            })
            .unwrap()
        };
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
    }

    #[test]
    fn incidents_have_between_three_and_six_edits_or_none() {
        let count = |line: &str| {
            serde_json::from_str::<Value>(line).unwrap()["edits"]
                .as_array()
                .unwrap()
                .len()
        };
        let text = lines(Shape {
            incidents: 200,
            seed: 7,
            with_edits: true,
        })
        .unwrap();
        let counts: Vec<usize> = text.lines().map(count).collect();
        assert!(counts.iter().all(|count| (3..=6).contains(count)));
        assert!(
            (820..980).contains(&counts.iter().sum::<usize>()),
            "4.5 an incident"
        );
        let text = lines(Shape {
            incidents: 5,
            seed: 7,
            with_edits: false,
        })
        .unwrap();
        assert!(text.lines().all(|line| count(line) == 0));
    }
}
