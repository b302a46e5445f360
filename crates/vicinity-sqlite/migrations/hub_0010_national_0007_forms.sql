-- Forms that were taken and count once: their hashes, and where each led. What was in them is not here.
CREATE TABLE forms (
    id     INTEGER PRIMARY KEY,
    sent   BLOB NOT NULL UNIQUE,
    person INTEGER NOT NULL,
    place  TEXT NOT NULL
) STRICT;
CREATE INDEX forms_person ON forms (person, id);
