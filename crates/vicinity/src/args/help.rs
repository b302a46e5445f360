//! What `--help` says below the options, where it is long.

/// Of `device init`.
pub const APPROVE: &str = "Read the digits on the new device itself, not in a message and not at the hub: a hub that turned shows what it likes.\n\n\
    Example:\n\
    \x20 vicinity device --home phone approve 01234 56789 01234 56789 01234 56789";

pub const INIT: &str = "The PIN is asked for at each command, or read from the file that --pin-file or VICINITY_PIN_FILE names;\n\
`unlock` keeps the device open for a while.\n\
Ten wrong PINs destroy what is on the device. Beside the folder lies FOLDER.secret, which stands for a phone's\n\
keystore: a copy of the folder without it opens nothing.";

/// Of `device unlock`.
pub const UNLOCK: &str = "The key lies in memory meanwhile (XDG_RUNTIME_DIR or /dev/shm): a device that is seized while it is unlocked is open.\n\
A PIN that is given to a command ends what another PIN has unlocked.";

/// Of `device attach`.
pub const ATTACH: &str = "Takes JPEG, PNG, WebP, WAV, Ogg Opus, M4A and 3GP (AAC, AMR) up to 20 MB. Places, times, names of devices, thumbnails and\n\
comments are left out before anything is stored, and so is the note of which side is up. What can be seen and\n\
heard stays. The file itself is not deleted: delete it, and empty the bin of the app that made it.";

/// Of `national export`.
pub const PUSH: &str = "The values are those of `national export --dhis2`: published counts, small ones left out. They create and update; nothing is deleted there.\n\
Exit code 1 says that DHIS2 did not take every value.\n\n\
Examples:\n  \
vicinity national push --data national --url https://dhis2.example.org --token-file token --dry-run\n  \
vicinity national push --data national --url https://dhis2.example.org --token-file token --from 2026-01 --to 2026-03";
pub const EXPORT: &str = "Rows (--json, --csv, --xlsx) are projections, one by one: not for publishing. Counts (--dhis2, --geojson) are what\n\
`national table` shows, and no more. docs/EXPORTS.md says what each column, code and id means.\n\n\
Examples:\n  \
vicinity national export --data national --xlsx --from 2026-01 --to 2026-03 --out quarter.xlsx\n  \
vicinity national export --data national --csv --hxl > incidents.csv\n  \
vicinity national export --data national --dhis2 mapping.json --out values.json\n  \
vicinity national export --data national --geojson boundaries.geojson --out areas.geojson";

/// Of `national publish`.
pub const PUBLISH: &str = "A published month is frozen: later reports, moves and erasures change internal figures only. Tables, files of counts, DHIS2\n\
and the server above get published months alone. Counts below 10 are left out, and others from which they could be\n\
computed. Somebody who logs ten invented incidents at one hub lifts a hidden count: look at hubs that have more than\n\
85 % of a count, and at what no responder has seen.\n\n\
Examples:\n  \
vicinity national publish --data national 2026-09\n  \
vicinity national publish --data national 2026-09 --without 3 --seen-only --yes";
/// Of `national risk`.
pub const RISK: &str = "Each reader knows some fields of one incident and its hub, and looks for rows that say the same. demography: month, area,\n\
age, gender, populations; with the perpetrator's kind; neighbour: also setting and time of day; perpetrator: his kind,\n\
setting, time, area; clinic: month, area, response and services. docs/THREATS.md says what each still learns.\n\n\
Examples:\n  \
vicinity national risk --data national\n  \
vicinity national risk --data national --json";
/// Of `hub report`.
pub const REPORT: &str = "Count tables go once a week, when something of at least five survivors changed; rows go once a day, together. A table that\n\
is sent again after one edit shows, less the one before it, that one incident; rows that go alone show when they changed.\n\
--now gives that protection up, once: for a demonstration, a test, or when national must not wait.";
