//! The code lists, each with the source it cites. An unknown code from a newer peer is kept and passed on; these lists
//! say only what this version understands.

/// A list of codes of one field.
#[derive(Debug)]
pub struct CodeList {
    /// The list's name, as the data dictionary prints it.
    pub name: &'static str,
    /// Where the list comes from.
    pub source: &'static str,
    /// The codes.
    pub codes: &'static [&'static str],
}

impl CodeList {
    /// Whether this version knows the code.
    #[must_use]
    pub fn knows(&self, code: &str) -> bool {
        self.codes.contains(&code)
    }
}

macro_rules! code_lists {
    ($($(#[$doc:meta])* $id:ident = $name:literal, $source:literal, [$($code:literal)*];)*) => {
        $($(#[$doc])* pub static $id: CodeList = CodeList { name: $name, source: $source, codes: &[$($code),*] };)*
        /// Every list, in the order of the data dictionary.
        pub static ALL: &[&CodeList] = &[$(&$id),*];
    };
}

const SWIT: &str = "WHO/UNFPA/UNAIDS/NSWP, Implementing Comprehensive HIV/STI Programmes with Sex Workers, box 2.1";

code_lists! {
    /// Physical violence.
    PHYSICAL = "physical", "SWIT box 2.1", ["hit_push" "beaten_choked" "weapon_threat" "weapon_used" "burn_acid" "abducted_restrained" "killed_attempted"];
    /// Sexual violence.
    SEXUAL = "sexual", "SWIT box 2.1", ["rape" "gang_rape" "attempted_rape" "unwanted_touch" "condom_refused_removed" "sex_demanded_by_official" "sexual_harassment"];
    /// Psychological violence.
    PSYCHOLOGICAL = "psychological", "SWIT box 2.1", [
        "insult_humiliation" "threat_harm" "threat_outing" "threat_children" "stalking" "online_doxxing" "blackmail" "image_abuse" "sextortion"
        "impersonation"
    ];
    /// Economic violence.
    ECONOMIC = "economic", "SWIT box 2.1", [
        "extortion_bribe" "client_nonpayment" "earnings_withheld" "robbery_theft" "property_destroyed" "eviction" "dismissed_from_job" "deplatformed"
    ];
    /// Violations of rights that SWIT counts with violence.
    RIGHTS = "rights", "SWIT box 2.1", [
        "arbitrary_arrest" "unlawful_detention" "raid_forced_rescue" "condoms_confiscated" "invasive_search" "forced_test_treatment" "forced_rehab"
        "confidentiality_breach" "photographed_published" "healthcare_refused" "healthcare_abuse" "police_refused_help" "other_service_refused"
        "forced_protocol" "coerced_to_inform" "home_search" "property_seized" "child_removal" "documents_refused"
    ];
    /// Who did it.
    PERPETRATOR_KINDS = "perpetrator kind", "SWIT ch. 2", [
        "police" "military" "border_prison_guard" "other_official" "client" "partner_ex" "family" "manager_third_party" "coworker"
        "community_neighbour" "gang_extortion" "extremist_vigilante" "rescue_group" "health_worker" "landlord" "employer" "ngo_staff" "stranger"
        "unknown"
    ];
    /// How many they were.
    COUNT_BANDS = "count band", "own", ["1" "2-3" "4+"];
    /// A perpetrator's sex.
    SEXES = "perpetrator sex", "GBVIMS", ["male" "female" "both" "unknown"];
    /// A perpetrator's age group.
    AGE_GROUPS = "perpetrator age group", "GBVIMS", ["0-11" "12-17" "18-25" "26-40" "41-60" "61+" "unknown"];
    /// Where it happened.
    SETTINGS = "setting", "SWIT ch. 2", ["street" "bar_club" "brothel" "hotel" "client_home" "own_home" "vehicle" "police_station" "detention" "health_facility" "online" "other" "unknown"];
    /// When in the day.
    TIMES_OF_DAY = "time of day", "GBVIMS", ["morning" "afternoon" "evening" "night" "unknown"];
    /// How the report came.
    CHANNELS = "channel", "own", ["outreach" "drop_in" "hotline" "sms" "peer_network" "walk_in" "import"];
    /// Who reports.
    REPORTER_ROLES = "reporter role", "own", ["peer_educator" "outreach" "lawyer" "nurse" "self" "witness"];
    /// Gender.
    GENDERS = "gender", "own", ["woman" "man" "trans_woman" "trans_man" "nonbinary" "other" "undisclosed"];
    /// Populations.
    POPULATIONS = "population", "UNAIDS key populations", ["fsw" "msw" "tsw" "msm" "pwid" "migrant" "detained" "minor" "other"];
    /// Motives.
    MOTIVES = "motive", "own", ["sex_work" "gender_identity" "sexuality" "hiv" "drug_use" "migration" "ethnicity" "unknown"];
    /// Yes, no or unknown.
    YES_NO = "yes, no, unknown", "own", ["yes" "no" "unknown"];
    /// Services: what is needed, offered and done.
    ACTION_CODES = "action", "LIVES; SWIT ch. 2", [
        "lives_first_line" "safety_plan" "accompany" "medical_injury" "pep_start" "pep_complete" "emergency_contraception" "sti_prophylaxis"
        "hepb_tetanus" "hiv_test" "forensic" "psychosocial" "suicide_response" "legal_advice" "lawyer_sent" "bail_release" "police_negotiation"
        "complaint_filed" "shelter" "relocation" "money_transport" "mediation" "health_facility_advocacy" "community_meeting" "aggressor_alert"
        "refused_by_survivor" "referral_failed"
    ];
    /// Services as rows name them: what was needed, done or referred to.
    SERVICE_GROUPS = "service group", "own", ["medical" "psychosocial" "legal" "safety" "shelter" "other"];
    /// The outcome of an offer.
    ACCEPTED = "accepted", "own", ["yes" "declined" "no" "unknown"];
    /// The outcome of an action.
    OUTCOMES = "outcome", "own", ["done" "partly_resolved" "referred" "pending" "failed" "declined"];
    /// The state of a referral.
    REFERRAL_STATES = "referral state", "own", ["sent" "accepted" "attended" "completed" "failed"];
    /// What a service, or the survivor, answered to a referral.
    REFERRAL_ANSWERS = "referral answer", "GBVIMS Incident Recorder", ["declined" "unavailable" "already_received" "not_applicable"];
    /// How a survivor was helped first.
    HELPED = "helped", "own", ["on_the_spot" "referred" "both" "not_yet"];
    /// Disability.
    DISABILITIES = "disability", "GBVIMS Incident Recorder", ["none" "physical_disability" "mental_disability" "both" "unknown"];
    /// Displacement at the time of the report.
    DISPLACEMENTS = "displacement", "GBVIMS Incident Recorder", ["resident" "idp" "refugee" "asylum_seeker" "stateless" "returnee" "foreign_national" "not_applicable" "unknown"];
    /// The stage of displacement in which it happened.
    DISPLACEMENT_STAGES = "displacement stage", "GBVIMS Incident Recorder", ["not_displaced" "before" "during_flight" "during_refuge" "during_return" "after" "other" "unknown"];
    /// A child without her family.
    UNACCOMPANIED = "unaccompanied child", "GBVIMS Incident Recorder", ["no" "unaccompanied" "separated" "other_vulnerable_child" "unknown"];
    /// Civil or marital status.
    MARITAL_STATUSES = "marital status", "GBVIMS Incident Recorder", ["single" "married_cohabiting" "divorced_separated" "widowed" "unknown"];
    /// Who sent her.
    REFERRED_FROM = "referred from", "GBVIMS Incident Recorder", [
        "self_referred" "health_services" "psychosocial_services" "police_security" "safe_house" "legal_services" "livelihoods_programme"
        "school" "community_leader" "other_organisation" "other_government" "other" "unknown"
    ];
    /// Whether she wants legal action.
    WANTS_LEGAL_ACTION = "wants legal action", "GBVIMS Incident Recorder", ["yes" "no" "undecided" "unknown"];
    /// The status of the response.
    STATUSES = "status", "own", ["open" "responding" "monitoring" "closed_lost" "closed_declined" "closed_partly_resolved" "closed_resolved"];
    /// What consent can be given for; also `referral:<service>`.
    CONSENT_SCOPES = "consent scope", "own", ["hub_response" "national_deid" "aggregate_count" "advocacy_story" "aggressor_alert" "police_anonymous" "police_full" "contact_me"];
    /// What a consent entry says.
    CONSENT_STATES = "consent state", "own", ["granted" "withdrawn"];
    /// How exactly the time is known.
    PRECISIONS = "precision", "own", ["exact" "hour" "day" "week" "month" "unknown"];
    /// Kinds of sealed statements.
    STATEMENT_CLASSES = "statement class", "own", ["narrative" "identity" "perpetrator_identity" "place_exact" "photo" "audio"];
    /// How two incidents belong together.
    LINK_KINDS = "link kind", "own", ["same_event" "same_aggressor" "duplicate_of"];
    /// What national may ask.
    QUESTIONS = "question", "own", ["verify_date" "verify_area" "verify_violation" "verify_perpetrator" "possible_duplicate"];
    /// What the hub may answer: codes only, so that no free text goes up.
    ANSWERS = "answer", "own", ["confirmed" "corrected" "cannot_say" "duplicate" "counted_elsewhere"];
    /// Actions about a pattern of violence rather than about one incident.
    ADVOCACY_ACTIONS = "advocacy action", "SWIT ch. 2", ["meeting_authority" "training" "community_meeting" "media" "petition_letter" "court_case" "policy_review" "other_advocacy"];
    /// Its outcome.
    ADVOCACY_OUTCOMES = "advocacy outcome", "own", ["awaited" "promised" "achieved" "refused"];
    /// Triage.
    TRIAGE_LEVELS = "triage", "own", ["red" "amber" "green"];
}

/// The service group of an action. An action of the police or of the law is in a group with legal advice, which most survivors get: a row
/// shows none of them by itself. `other` is also for what this version does not know.
#[must_use]
pub fn service_group(action: &str) -> &'static str {
    match action {
        "medical_injury"
        | "pep_start"
        | "pep_complete"
        | "emergency_contraception"
        | "sti_prophylaxis"
        | "hepb_tetanus"
        | "hiv_test"
        | "forensic" => "medical",
        "lives_first_line" | "psychosocial" | "suicide_response" => "psychosocial",
        "legal_advice" | "lawyer_sent" | "bail_release" | "police_negotiation"
        | "complaint_filed" => "legal",
        "safety_plan" | "accompany" | "aggressor_alert" => "safety",
        "shelter" | "relocation" => "shelter",
        _ => "other",
    }
}

const UNFPA: &str = "UNFPA, technology-facilitated gender-based violence (2021)";
const AFEW: &str = "AFEW, sex workers in Kyrgyzstan (2018)";
const OWN: &str = "own";

/// Codes of the second edition, with a source of their own: their list's source does not name them.
pub static OWN_SOURCES: &[(&str, &str)] = &[
    ("image_abuse", UNFPA),
    ("sextortion", UNFPA),
    ("impersonation", UNFPA),
    ("blackmail", AFEW),
    ("forced_protocol", AFEW),
    ("coerced_to_inform", OWN),
    (
        "home_search",
        "Front Line Defenders, sex worker rights defenders at risk (2021)",
    ),
    ("property_seized", OWN),
    ("child_removal", "SWIT box 2.1, loss of custody of children"),
    ("dismissed_from_job", OWN),
    ("documents_refused", OWN),
    ("deplatformed", OWN),
    (
        "employer",
        "GBVIMS Incident Recorder, supervisor or employer",
    ),
    ("partly_resolved", OWN),
    ("closed_partly_resolved", OWN),
];

/// The groups of violations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ViolationGroup {
    /// Blows, weapons, restraint.
    Physical,
    /// Sexual violence.
    Sexual,
    /// Insults, threats, stalking.
    Psychological,
    /// Extortion, theft, eviction.
    Economic,
    /// Violations of rights.
    Rights,
}

impl ViolationGroup {
    /// Every group with its list.
    pub const ALL: [(Self, &'static CodeList); 5] = [
        (Self::Physical, &PHYSICAL),
        (Self::Sexual, &SEXUAL),
        (Self::Psychological, &PSYCHOLOGICAL),
        (Self::Economic, &ECONOMIC),
        (Self::Rights, &RIGHTS),
    ];

    /// The group of a violation, if this version knows the code.
    #[must_use]
    pub fn of(violation: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .find(|(_, list)| list.knows(violation))
            .map(|(group, _)| *group)
    }

    /// The group's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find(|(group, _)| *group == self)
            .map_or("", |(_, list)| list.name)
    }
}

/// The source that most lists cite, in full.
#[must_use]
pub fn full_source() -> &'static str {
    SWIT
}

/// Bytes of the longest code.
pub const CODE_MAX_BYTES: usize = 64;

/// Whether a text can be a code: short, and nothing invisible in it. Unknown codes of that form are kept.
#[must_use]
pub fn is_code(text: &str) -> bool {
    !text.is_empty() && text.len() <= CODE_MAX_BYTES && !text.chars().any(char::is_control)
}
