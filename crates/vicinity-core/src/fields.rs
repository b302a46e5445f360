//! The registers of an incident: name, kind, who sees it. One table, from which parsing, edits and the data dictionary
//! are made.

use crate::codes::{self, CodeList};

/// What a register may hold.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// One code of a list, or an unknown code.
    Code(&'static CodeList),
    /// Whole years, 0 to 120, or null.
    Age,
    /// `{at, precision}`.
    Occurred,
    /// An instant in UTC.
    Instant,
    /// A hub's area code, as `SN-DK-01`.
    Area,
    /// A time zone's name, as `Asia/Bishkek`.
    Zone,
    /// A keyed hash, or the programme's own code while it is still on the way to be hashed.
    SurvivorCode,
    /// A staff pseudonym.
    Pseudonym,
}

/// How far a register's value goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Device and home hub only.
    Hub,
    /// National sees it, generalised as the text says (empty: as it is).
    National(&'static str),
}

/// How concurrent writes of a register meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Merge {
    /// Both are kept and a person resolves.
    Register,
    /// Set once.
    Immutable,
}

/// One register.
#[derive(Debug)]
pub struct Field {
    /// Its name, with a dot where the JSON form nests.
    pub name: &'static str,
    /// What it may hold.
    pub kind: Kind,
    /// How it merges.
    pub merge: Merge,
    /// How far it goes.
    pub reach: Reach,
}

const fn field(name: &'static str, kind: Kind, reach: Reach) -> Field {
    Field {
        name,
        kind,
        merge: Merge::Register,
        reach,
    }
}

const fn fixed(name: &'static str, kind: Kind, reach: Reach) -> Field {
    Field {
        name,
        kind,
        merge: Merge::Immutable,
        reach,
    }
}

/// The register that corrects when an incident was reported: its change holds who wrote it and when, as for every register.
pub const REPORTED_CORRECTED: &str = "reported_at_corrected";

const AS_IS: Reach = Reach::National("");

/// Every register this version knows.
pub static FIELDS: &[Field] = &[
    field(
        "occurred",
        Kind::Occurred,
        Reach::National("ISO week, or month where no week is known"),
    ),
    field("time_of_day", Kind::Code(&codes::TIMES_OF_DAY), AS_IS),
    fixed(
        "reported_at",
        Kind::Instant,
        Reach::National("month, where the incident's is unknown; hours to the first response"),
    ),
    field(
        REPORTED_CORRECTED,
        Kind::Instant,
        Reach::National("instead of `reported_at`, where that was wrong"),
    ),
    fixed("captured_at", Kind::Instant, Reach::Hub),
    field("place.setting", Kind::Code(&codes::SETTINGS), AS_IS),
    field("place.area", Kind::Area, Reach::National("admin-1")),
    field("place.zone", Kind::Zone, Reach::Hub),
    field("channel", Kind::Code(&codes::CHANNELS), AS_IS),
    fixed("reporter", Kind::Pseudonym, Reach::Hub),
    fixed("reporter_role", Kind::Code(&codes::REPORTER_ROLES), AS_IS),
    field("survivor.code", Kind::SurvivorCode, Reach::Hub),
    field("survivor.age", Kind::Age, Reach::National("band")),
    field("survivor.gender", Kind::Code(&codes::GENDERS), AS_IS),
    field(
        "survivor.disability",
        Kind::Code(&codes::DISABILITIES),
        Reach::Hub,
    ),
    field(
        "survivor.displacement",
        Kind::Code(&codes::DISPLACEMENTS),
        Reach::Hub,
    ),
    field(
        "survivor.marital_status",
        Kind::Code(&codes::MARITAL_STATUSES),
        Reach::Hub,
    ),
    field(
        "survivor.unaccompanied_child",
        Kind::Code(&codes::UNACCOMPANIED),
        Reach::Hub,
    ),
    field(
        "displacement_stage",
        Kind::Code(&codes::DISPLACEMENT_STAGES),
        Reach::Hub,
    ),
    field("reported_elsewhere", Kind::Code(&codes::YES_NO), Reach::Hub),
    field("previous_incidents", Kind::Code(&codes::YES_NO), Reach::Hub),
    field(
        "referred_from",
        Kind::Code(&codes::REFERRED_FROM),
        Reach::Hub,
    ),
    field(
        "wants_legal_action",
        Kind::Code(&codes::WANTS_LEGAL_ACTION),
        Reach::Hub,
    ),
    field("helped", Kind::Code(&codes::HELPED), Reach::Hub),
    field("danger_now", Kind::Code(&codes::YES_NO), Reach::Hub),
    field("held_now", Kind::Code(&codes::YES_NO), Reach::Hub),
    field("weapon", Kind::Code(&codes::YES_NO), Reach::Hub),
    field("severe_injury", Kind::Code(&codes::YES_NO), Reach::Hub),
    field("suicide_risk", Kind::Code(&codes::YES_NO), Reach::Hub),
];

/// The register of that name, if this version knows it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Field> {
    FIELDS.iter().find(|field| field.name == name)
}

/// A set of codes: add and remove by code, a concurrent add wins over a remove.
#[derive(Debug)]
pub struct CodeSet {
    /// Its name, with a dot where the JSON form nests.
    pub name: &'static str,
    /// The list its codes come from; `None` where several lists do (violations).
    pub lists: &'static [&'static CodeList],
    /// How far it goes.
    pub reach: Reach,
}

/// Every set of codes.
pub static SETS: &[CodeSet] = &[
    CodeSet {
        name: "violations",
        lists: &[
            &codes::PHYSICAL,
            &codes::SEXUAL,
            &codes::PSYCHOLOGICAL,
            &codes::ECONOMIC,
            &codes::RIGHTS,
        ],
        reach: AS_IS,
    },
    CodeSet {
        name: "survivor.populations",
        lists: &[&codes::POPULATIONS],
        reach: AS_IS,
    },
    CodeSet {
        name: "motives",
        lists: &[&codes::MOTIVES],
        reach: AS_IS,
    },
    CodeSet {
        name: "needs",
        lists: &[&codes::ACTION_CODES],
        reach: AS_IS,
    },
    CodeSet {
        name: "links",
        lists: &[&codes::LINK_KINDS],
        reach: Reach::Hub,
    },
];

/// What a field of an entry may hold.
#[derive(Debug, Clone, Copy)]
pub enum EntryKind {
    /// One code.
    Code(&'static CodeList),
    /// A code of any list.
    AnyCode,
    /// A consent scope that this version knows: an unknown scope would protect nobody.
    Scope,
    /// An instant in UTC.
    Instant,
    /// A staff pseudonym.
    Pseudonym,
    /// A short note. It travels in clear to the hub: never a name or a place.
    Note,
    /// A whole number.
    Count,
    /// A list of entry ids.
    Ids,
}

/// A map of entries, each keyed by an id of its own.
#[derive(Debug)]
pub struct EntryMap {
    /// Its name.
    pub name: &'static str,
    /// What edits call one entry.
    pub entry: &'static str,
    /// The fields of an entry that this version knows; the first is required.
    pub fields: &'static [(&'static str, EntryKind)],
    /// How far it goes.
    pub reach: Reach,
}

/// Every map of entries: perpetrators and the logs.
pub static ENTRY_MAPS: &[EntryMap] = &[
    EntryMap {
        name: "perpetrators",
        entry: "perpetrator",
        fields: &[
            ("kind", EntryKind::Code(&codes::PERPETRATOR_KINDS)),
            ("count_band", EntryKind::Code(&codes::COUNT_BANDS)),
            ("sex", EntryKind::Code(&codes::SEXES)),
            ("age_group", EntryKind::Code(&codes::AGE_GROUPS)),
            ("known_before", EntryKind::Code(&codes::YES_NO)),
            ("repeat", EntryKind::Code(&codes::YES_NO)),
        ],
        reach: AS_IS,
    },
    EntryMap {
        name: "actions",
        entry: "action",
        fields: &[
            ("code", EntryKind::Code(&codes::ACTION_CODES)),
            ("offered_at", EntryKind::Instant),
            ("accepted", EntryKind::Code(&codes::ACCEPTED)),
            ("done_at", EntryKind::Instant),
            ("by", EntryKind::Pseudonym),
            ("outcome", EntryKind::Code(&codes::OUTCOMES)),
        ],
        reach: Reach::National("counts and durations"),
    },
    EntryMap {
        name: "referrals",
        entry: "referral",
        fields: &[
            ("service", EntryKind::Code(&codes::ACTION_CODES)),
            ("partner", EntryKind::Pseudonym),
            ("consent", EntryKind::Code(&codes::YES_NO)),
            ("sent", EntryKind::Instant),
            ("accepted", EntryKind::Instant),
            ("attended", EntryKind::Instant),
            ("completed", EntryKind::Instant),
            ("failed", EntryKind::Instant),
            ("answer", EntryKind::Code(&codes::REFERRAL_ANSWERS)),
            ("reason", EntryKind::Note),
        ],
        reach: Reach::National("counts; never the answer"),
    },
    EntryMap {
        name: "followups",
        entry: "followup",
        fields: &[
            ("due_at", EntryKind::Instant),
            ("done_at", EntryKind::Instant),
            ("outcome", EntryKind::AnyCode),
            ("safety_changed", EntryKind::Code(&codes::YES_NO)),
        ],
        reach: Reach::Hub,
    },
    EntryMap {
        name: "transitions",
        entry: "transition",
        fields: &[
            ("to", EntryKind::Code(&codes::STATUSES)),
            ("at", EntryKind::Instant),
            ("by", EntryKind::Pseudonym),
            ("reason", EntryKind::Note),
        ],
        reach: Reach::National("status"),
    },
    EntryMap {
        name: "consents",
        entry: "consent",
        fields: &[
            ("scope", EntryKind::Scope),
            ("state", EntryKind::Code(&codes::CONSENT_STATES)),
            ("at", EntryKind::Instant),
            ("by", EntryKind::Pseudonym),
            ("language", EntryKind::AnyCode),
            ("script_version", EntryKind::AnyCode),
            ("method", EntryKind::AnyCode),
            ("expires_at", EntryKind::Instant),
            ("supersedes", EntryKind::Ids),
        ],
        reach: Reach::Hub,
    },
    EntryMap {
        name: "statements",
        entry: "statement",
        fields: &[
            ("class", EntryKind::Code(&codes::STATEMENT_CLASSES)),
            ("at", EntryKind::Instant),
            ("by", EntryKind::Pseudonym),
            ("bytes", EntryKind::Count),
        ],
        reach: Reach::Hub,
    },
    EntryMap {
        name: "queries",
        entry: "query",
        fields: &[
            ("question", EntryKind::Code(&codes::QUESTIONS)),
            ("asked_at", EntryKind::Instant),
            ("answer", EntryKind::Code(&codes::ANSWERS)),
            ("answered_at", EntryKind::Instant),
        ],
        reach: Reach::National("question and answer"),
    },
];

/// The entry map of that name.
#[must_use]
pub fn entry_map(name: &str) -> Option<&'static EntryMap> {
    ENTRY_MAPS.iter().find(|map| map.name == name)
}
