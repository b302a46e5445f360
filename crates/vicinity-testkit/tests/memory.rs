//! The engines in memory keep the contracts.

use vicinity_testkit::memory_device::MemoryDevice;
use vicinity_testkit::memory_hub::MemoryHub;
use vicinity_testkit::memory_national::MemoryNational;
use vicinity_testkit::{device_store_contract, hub_store_contract, national_store_contract};

mod hub {
    use super::*;
    hub_store_contract!(|_| MemoryHub::new([7; 16]));
}

mod device {
    use super::*;
    device_store_contract!(|_| MemoryDevice::new());
}

mod national {
    use super::*;
    national_store_contract!(|_| MemoryNational::default());
}

/// A sentence that is written and not named in its contract would never run.
#[test]
fn every_sentence_is_named_in_its_contract() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src");
    let contracts = std::fs::read_to_string(format!("{folder}/contract.rs")).unwrap();
    for file in std::fs::read_dir(format!("{folder}/contract")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter_map(|line| line.strip_prefix("pub fn ")) {
            let sentence = line.split('<').next().unwrap();
            assert!(contracts.lines().any(|named| named.trim() == sentence), "{sentence}");
        }
    }
}
