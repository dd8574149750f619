-- The tables of 0.8.0 on SQLite, as its migrations make them.
CREATE TABLE alembic_version (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
CREATE TABLE alarms (
    kind VARCHAR(200) NOT NULL,
    sent DOUBLE NOT NULL,
    CONSTRAINT pk_alarms PRIMARY KEY (kind)
);
CREATE TABLE applied_updates (
    cause VARCHAR(64) NOT NULL,
    applied DOUBLE NOT NULL,
    CONSTRAINT pk_applied_updates PRIMARY KEY (cause)
);
CREATE INDEX ix_applied_updates_applied ON applied_updates (applied);
CREATE TABLE ratings (
    day INTEGER NOT NULL,
    topic VARCHAR(96) NOT NULL,
    language VARCHAR(8) NOT NULL,
    helped INTEGER DEFAULT 0 NOT NULL,
    failed INTEGER DEFAULT 0 NOT NULL,
    CONSTRAINT pk_ratings PRIMARY KEY (day, topic, language)
);
CREATE TABLE bulletins (
    id VARCHAR(96) NOT NULL,
    origin VARCHAR(16) DEFAULT 'dossier' NOT NULL,
    revision INTEGER NOT NULL,
    state VARCHAR(16) NOT NULL,
    language VARCHAR(8) DEFAULT 'en' NOT NULL,
    day VARCHAR(10) NOT NULL,
    topics JSON NOT NULL,
    urgent BOOLEAN NOT NULL,
    not_before DOUBLE DEFAULT 0 NOT NULL,
    published DOUBLE,
    changed DOUBLE NOT NULL,
    pruned DOUBLE, gone DOUBLE,
    CONSTRAINT pk_bulletins PRIMARY KEY (id)
);
CREATE TABLE dossier_versions (
    version VARCHAR(32) NOT NULL,
    compared DOUBLE NOT NULL,
    facts JSON NOT NULL,
    CONSTRAINT pk_dossier_versions PRIMARY KEY (version)
);
CREATE TABLE feeds (
    id VARCHAR(96) NOT NULL,
    url TEXT NOT NULL,
    moved_to TEXT,
    etag TEXT,
    last_modified TEXT,
    digest VARCHAR(32),
    seen_keys TEXT,
    interval DOUBLE NOT NULL,
    due DOUBLE NOT NULL,
    fetched DOUBLE NOT NULL,
    succeeded DOUBLE,
    status TEXT NOT NULL,
    items INTEGER DEFAULT 0 NOT NULL,
    matches INTEGER DEFAULT 0 NOT NULL,
    failures INTEGER DEFAULT 0 NOT NULL,
    ended DOUBLE,
    fetches BIGINT NOT NULL,
    CONSTRAINT pk_feeds PRIMARY KEY (id)
);
CREATE TABLE leases (
    name VARCHAR(96) NOT NULL,
    holder VARCHAR(64),
    until DOUBLE NOT NULL,
    renewals BIGINT NOT NULL,
    delivered DOUBLE,
    CONSTRAINT pk_leases PRIMARY KEY (name)
);
CREATE TABLE processes (
    id VARCHAR(64) NOT NULL,
    dossier_version VARCHAR(32) NOT NULL,
    until DOUBLE NOT NULL, release VARCHAR(32),
    CONSTRAINT pk_processes PRIMARY KEY (id)
);
CREATE TABLE schema_compatibility (
    readable_from INTEGER NOT NULL,
    CONSTRAINT pk_schema_compatibility PRIMARY KEY (readable_from)
);
CREATE TABLE scoped_menus (
    platform VARCHAR(16) NOT NULL,
    scope VARCHAR(255) NOT NULL,
    CONSTRAINT pk_scoped_menus PRIMARY KEY (platform, scope)
);
CREATE TABLE unanswered_questions (
    day INTEGER NOT NULL,
    kind VARCHAR(8) DEFAULT 'question' NOT NULL,
    language VARCHAR(8) NOT NULL,
    wording VARCHAR(200) DEFAULT '' NOT NULL,
    times INTEGER NOT NULL,
    CONSTRAINT pk_unanswered_questions PRIMARY KEY (day, kind, language, wording)
);
CREATE TABLE bulletin_texts (
    bulletin_id VARCHAR(96) NOT NULL,
    revision INTEGER NOT NULL,
    language VARCHAR(8) NOT NULL,
    digest VARCHAR(32) NOT NULL,
    article TEXT NOT NULL,
    retracted BOOLEAN DEFAULT 0 NOT NULL,
    since DOUBLE NOT NULL,
    CONSTRAINT pk_bulletin_texts PRIMARY KEY (bulletin_id, revision, language),
    CONSTRAINT fk_bulletin_texts_bulletin_id FOREIGN KEY(bulletin_id) REFERENCES bulletins (id) ON DELETE CASCADE
);
CREATE TABLE drafts (
    id INTEGER NOT NULL,
    state VARCHAR(12) NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    created DOUBLE NOT NULL,
    changed DOUBLE NOT NULL,
    changed_by TEXT NOT NULL,
    bulletin_id VARCHAR(96),
    day VARCHAR(10),
    sent_version INTEGER,
    send_at DOUBLE,
    corrected DOUBLE,
    reason TEXT, approved DOUBLE, change_id INTEGER,
    CONSTRAINT pk_drafts PRIMARY KEY (id),
    CONSTRAINT uq_drafts_bulletin_id UNIQUE (bulletin_id)
);
CREATE INDEX ix_drafts_state ON drafts (state, changed);
CREATE TABLE draft_versions (
    draft_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    content JSON NOT NULL,
    saved DOUBLE NOT NULL,
    saved_by TEXT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_draft_versions PRIMARY KEY (draft_id, version),
    CONSTRAINT fk_draft_versions_draft_id FOREIGN KEY(draft_id) REFERENCES drafts (id) ON DELETE CASCADE
);
CREATE TABLE draft_decisions (
    id INTEGER NOT NULL,
    draft_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    action VARCHAR(12) NOT NULL,
    decided DOUBLE NOT NULL,
    decided_by TEXT NOT NULL,
    name TEXT NOT NULL,
    override BOOLEAN NOT NULL,
    reason TEXT,
    CONSTRAINT pk_draft_decisions PRIMARY KEY (id),
    CONSTRAINT fk_draft_decisions_draft_id FOREIGN KEY(draft_id) REFERENCES drafts (id) ON DELETE CASCADE
);
CREATE INDEX ix_draft_decisions_draft_id ON draft_decisions (draft_id);
CREATE TABLE desk_links (
    digest VARCHAR(64) NOT NULL,
    person VARCHAR(32) NOT NULL,
    name TEXT NOT NULL,
    language VARCHAR(8) NOT NULL,
    expires DOUBLE NOT NULL,
    CONSTRAINT pk_desk_links PRIMARY KEY (digest)
);
CREATE TABLE desk_sessions (
    digest VARCHAR(64) NOT NULL,
    person VARCHAR(32) NOT NULL,
    name TEXT NOT NULL,
    language VARCHAR(8) NOT NULL,
    expires DOUBLE NOT NULL,
    CONSTRAINT pk_desk_sessions PRIMARY KEY (digest)
);
CREATE TABLE safeguards (
    id INTEGER NOT NULL,
    dossier VARCHAR(96),
    held VARCHAR(32),
    held_changes JSON,
    confirmed VARCHAR(32),
    stopped DOUBLE,
    stopped_by TEXT, edition INTEGER DEFAULT 0 NOT NULL, stamp VARCHAR(32), former_topics JSON,
    CONSTRAINT pk_safeguards PRIMARY KEY (id)
);
CREATE TABLE feed_candidates (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    feed VARCHAR(96) NOT NULL,
    publisher TEXT NOT NULL,
    language VARCHAR(8) NOT NULL,
    topics JSON NOT NULL,
    title TEXT NOT NULL,
    line TEXT NOT NULL,
    link TEXT NOT NULL,
    page TEXT NOT NULL,
    headline TEXT NOT NULL,
    why JSON NOT NULL,
    published DOUBLE,
    state VARCHAR(12) NOT NULL,
    round INTEGER NOT NULL,
    found DOUBLE NOT NULL,
    returns DOUBLE,
    expires DOUBLE NOT NULL,
    decided DOUBLE,
    decided_by TEXT,
    bulletin_id VARCHAR(96)
, change_id INTEGER);
CREATE INDEX ix_feed_candidates_state ON feed_candidates (state, id);
CREATE INDEX ix_feed_candidates_found ON feed_candidates (found);
CREATE TABLE readers (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    platform VARCHAR(16) NOT NULL,
    chat_id BIGINT NOT NULL,
    thread_id BIGINT DEFAULT 0 NOT NULL,
    parent_id BIGINT,
    kind VARCHAR(16) NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    language VARCHAR(8),
    detected_language VARCHAR(8),
    checks_forwards BOOLEAN DEFAULT 0 NOT NULL,
    suspended_since DOUBLE,
    reason TEXT,
    notice VARCHAR(16),
    first_seen DOUBLE NOT NULL,
    audience VARCHAR(8),
    missing_rights BIGINT DEFAULT 0 NOT NULL,
    moved_from BIGINT, ended_subscription JSON, unsubscribed DOUBLE, chat TEXT, thread TEXT, parent TEXT, former_chat TEXT,
    CONSTRAINT uq_readers_platform_chat_id_thread_id UNIQUE (platform, chat_id, thread_id)
);
CREATE TABLE awaited_questions (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER NOT NULL,
    question TEXT NOT NULL,
    language VARCHAR(8) NOT NULL,
    asked DOUBLE NOT NULL, kind VARCHAR(8) DEFAULT 'question' NOT NULL,
    CONSTRAINT fk_awaited_questions_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE INDEX ix_awaited_questions_reader_id ON awaited_questions (reader_id);
CREATE TABLE deliveries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    bulletin_id VARCHAR(96) NOT NULL,
    reader_id INTEGER NOT NULL,
    platform VARCHAR(16) NOT NULL,
    state VARCHAR(12) NOT NULL,
    due DOUBLE NOT NULL,
    wanted INTEGER NOT NULL,
    shown INTEGER DEFAULT 0 NOT NULL,
    language VARCHAR(8),
    digest BOOLEAN DEFAULT 0 NOT NULL,
    attempts INTEGER DEFAULT 0 NOT NULL,
    message_id BIGINT,
    reason TEXT,
    holder VARCHAR(64),
    created DOUBLE NOT NULL,
    sent DOUBLE,
    edited DOUBLE,
    crosspost VARCHAR(8), message TEXT, had INTEGER,
    CONSTRAINT uq_deliveries_bulletin_id_reader_id UNIQUE (bulletin_id, reader_id),
    CONSTRAINT fk_deliveries_bulletin_id FOREIGN KEY(bulletin_id) REFERENCES bulletins (id) ON DELETE CASCADE,
    CONSTRAINT fk_deliveries_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE INDEX ix_deliveries_retry ON deliveries (platform, due) WHERE state = 'retry';
CREATE INDEX ix_deliveries_reader_id_id ON deliveries (reader_id, id);
CREATE INDEX ix_deliveries_claimed ON deliveries (platform) WHERE state = 'claimed';
CREATE INDEX ix_deliveries_due ON deliveries (platform, due, id) WHERE state = 'due';
CREATE TABLE subscription_topics (
    reader_id INTEGER NOT NULL,
    topic VARCHAR(96) NOT NULL,
    CONSTRAINT pk_subscription_topics PRIMARY KEY (reader_id, topic),
    CONSTRAINT fk_subscription_topics_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE TRIGGER readers_text_inserted AFTER INSERT ON readers WHEN NEW.chat IS NOT NULL BEGIN UPDATE readers SET chat_id = CASE WHEN NEW.chat = CAST(CAST(NEW.chat AS INTEGER) AS TEXT) THEN CAST(NEW.chat AS INTEGER) WHEN NEW.chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, thread_id = CASE WHEN NEW.thread = CAST(CAST(NEW.thread AS INTEGER) AS TEXT) THEN CAST(NEW.thread AS INTEGER) WHEN NEW.thread IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, parent_id = CASE WHEN NEW.parent = CAST(CAST(NEW.parent AS INTEGER) AS TEXT) THEN CAST(NEW.parent AS INTEGER) WHEN NEW.parent IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, moved_from = CASE WHEN NEW.former_chat = CAST(CAST(NEW.former_chat AS INTEGER) AS TEXT) THEN CAST(NEW.former_chat AS INTEGER) WHEN NEW.former_chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END WHERE id = NEW.id; END;
CREATE TRIGGER readers_number_inserted AFTER INSERT ON readers WHEN NEW.chat IS NULL AND NEW.chat_id IS NOT NULL BEGIN UPDATE readers SET chat = CASE WHEN NEW.chat_id IS CASE WHEN NEW.chat = CAST(CAST(NEW.chat AS INTEGER) AS TEXT) THEN CAST(NEW.chat AS INTEGER) WHEN NEW.chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.chat ELSE CAST(NEW.chat_id AS TEXT) END, thread = CASE WHEN NEW.thread_id IS CASE WHEN NEW.thread = CAST(CAST(NEW.thread AS INTEGER) AS TEXT) THEN CAST(NEW.thread AS INTEGER) WHEN NEW.thread IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.thread ELSE CAST(NEW.thread_id AS TEXT) END, parent = CASE WHEN NEW.parent_id IS CASE WHEN NEW.parent = CAST(CAST(NEW.parent AS INTEGER) AS TEXT) THEN CAST(NEW.parent AS INTEGER) WHEN NEW.parent IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.parent ELSE CAST(NEW.parent_id AS TEXT) END, former_chat = CASE WHEN NEW.moved_from IS CASE WHEN NEW.former_chat = CAST(CAST(NEW.former_chat AS INTEGER) AS TEXT) THEN CAST(NEW.former_chat AS INTEGER) WHEN NEW.former_chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.former_chat ELSE CAST(NEW.moved_from AS TEXT) END WHERE id = NEW.id; END;
CREATE TRIGGER readers_text_updated AFTER UPDATE OF chat, thread, parent, former_chat ON readers WHEN NEW.chat IS NOT OLD.chat OR NEW.thread IS NOT OLD.thread OR NEW.parent IS NOT OLD.parent OR NEW.former_chat IS NOT OLD.former_chat BEGIN UPDATE readers SET chat_id = CASE WHEN NEW.chat = CAST(CAST(NEW.chat AS INTEGER) AS TEXT) THEN CAST(NEW.chat AS INTEGER) WHEN NEW.chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, thread_id = CASE WHEN NEW.thread = CAST(CAST(NEW.thread AS INTEGER) AS TEXT) THEN CAST(NEW.thread AS INTEGER) WHEN NEW.thread IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, parent_id = CASE WHEN NEW.parent = CAST(CAST(NEW.parent AS INTEGER) AS TEXT) THEN CAST(NEW.parent AS INTEGER) WHEN NEW.parent IS NOT NULL THEN (-4611686018427387904 - NEW.id) END, moved_from = CASE WHEN NEW.former_chat = CAST(CAST(NEW.former_chat AS INTEGER) AS TEXT) THEN CAST(NEW.former_chat AS INTEGER) WHEN NEW.former_chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END WHERE id = NEW.id; END;
CREATE TRIGGER readers_number_updated AFTER UPDATE OF chat_id, thread_id, parent_id, moved_from ON readers WHEN NEW.chat_id IS NOT OLD.chat_id OR NEW.thread_id IS NOT OLD.thread_id OR NEW.parent_id IS NOT OLD.parent_id OR NEW.moved_from IS NOT OLD.moved_from BEGIN UPDATE readers SET chat = CASE WHEN NEW.chat_id IS CASE WHEN NEW.chat = CAST(CAST(NEW.chat AS INTEGER) AS TEXT) THEN CAST(NEW.chat AS INTEGER) WHEN NEW.chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.chat ELSE CAST(NEW.chat_id AS TEXT) END, thread = CASE WHEN NEW.thread_id IS CASE WHEN NEW.thread = CAST(CAST(NEW.thread AS INTEGER) AS TEXT) THEN CAST(NEW.thread AS INTEGER) WHEN NEW.thread IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.thread ELSE CAST(NEW.thread_id AS TEXT) END, parent = CASE WHEN NEW.parent_id IS CASE WHEN NEW.parent = CAST(CAST(NEW.parent AS INTEGER) AS TEXT) THEN CAST(NEW.parent AS INTEGER) WHEN NEW.parent IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.parent ELSE CAST(NEW.parent_id AS TEXT) END, former_chat = CASE WHEN NEW.moved_from IS CASE WHEN NEW.former_chat = CAST(CAST(NEW.former_chat AS INTEGER) AS TEXT) THEN CAST(NEW.former_chat AS INTEGER) WHEN NEW.former_chat IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.former_chat ELSE CAST(NEW.moved_from AS TEXT) END WHERE id = NEW.id; END;
CREATE TRIGGER deliveries_text_inserted AFTER INSERT ON deliveries WHEN NEW.message IS NOT NULL BEGIN UPDATE deliveries SET message_id = CASE WHEN NEW.message = CAST(CAST(NEW.message AS INTEGER) AS TEXT) THEN CAST(NEW.message AS INTEGER) WHEN NEW.message IS NOT NULL THEN (-4611686018427387904 - NEW.id) END WHERE id = NEW.id; END;
CREATE TRIGGER deliveries_number_inserted AFTER INSERT ON deliveries WHEN NEW.message IS NULL AND NEW.message_id IS NOT NULL BEGIN UPDATE deliveries SET message = CASE WHEN NEW.message_id IS CASE WHEN NEW.message = CAST(CAST(NEW.message AS INTEGER) AS TEXT) THEN CAST(NEW.message AS INTEGER) WHEN NEW.message IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.message ELSE CAST(NEW.message_id AS TEXT) END WHERE id = NEW.id; END;
CREATE TRIGGER deliveries_text_updated AFTER UPDATE OF message ON deliveries WHEN NEW.message IS NOT OLD.message BEGIN UPDATE deliveries SET message_id = CASE WHEN NEW.message = CAST(CAST(NEW.message AS INTEGER) AS TEXT) THEN CAST(NEW.message AS INTEGER) WHEN NEW.message IS NOT NULL THEN (-4611686018427387904 - NEW.id) END WHERE id = NEW.id; END;
CREATE TRIGGER deliveries_number_updated AFTER UPDATE OF message_id ON deliveries WHEN NEW.message_id IS NOT OLD.message_id BEGIN UPDATE deliveries SET message = CASE WHEN NEW.message_id IS CASE WHEN NEW.message = CAST(CAST(NEW.message AS INTEGER) AS TEXT) THEN CAST(NEW.message AS INTEGER) WHEN NEW.message IS NOT NULL THEN (-4611686018427387904 - NEW.id) END THEN NEW.message ELSE CAST(NEW.message_id AS TEXT) END WHERE id = NEW.id; END;
CREATE UNIQUE INDEX ix_readers_platform_chat_thread ON readers (platform, chat, thread);
CREATE TABLE changes (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    title TEXT NOT NULL,
    state VARCHAR(12) NOT NULL,
    version INTEGER NOT NULL,
    created DOUBLE NOT NULL,
    changed DOUBLE NOT NULL,
    changed_by TEXT NOT NULL,
    savers JSON NOT NULL,
    planned DOUBLE,
    due DOUBLE,
    edition INTEGER
, gathers VARCHAR(16), edits JSON);
CREATE INDEX ix_changes_state ON changes (state, changed);
CREATE TABLE change_entries (
    change_id INTEGER NOT NULL,
    "key" VARCHAR(128) NOT NULL,
    base JSON,
    content JSON,
    made_from JSON NOT NULL, written JSON, answer JSON,
    CONSTRAINT pk_change_entries PRIMARY KEY (change_id, "key"),
    CONSTRAINT fk_change_entries_change_id FOREIGN KEY(change_id) REFERENCES changes (id) ON DELETE CASCADE
);
CREATE INDEX ix_change_entries_key ON change_entries ("key");
CREATE TABLE change_versions (
    change_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    contents JSON NOT NULL,
    kept DOUBLE NOT NULL,
    CONSTRAINT pk_change_versions PRIMARY KEY (change_id, version),
    CONSTRAINT fk_change_versions_change_id FOREIGN KEY(change_id) REFERENCES changes (id) ON DELETE CASCADE
);
CREATE TABLE change_decisions (
    id INTEGER NOT NULL,
    change_id INTEGER NOT NULL,
    version INTEGER NOT NULL,
    action VARCHAR(12) NOT NULL,
    decided DOUBLE NOT NULL,
    decided_by TEXT NOT NULL,
    name TEXT NOT NULL,
    override BOOLEAN NOT NULL,
    reason TEXT,
    CONSTRAINT pk_change_decisions PRIMARY KEY (id),
    CONSTRAINT fk_change_decisions_change_id FOREIGN KEY(change_id) REFERENCES changes (id) ON DELETE CASCADE
);
CREATE INDEX ix_change_decisions_change_id ON change_decisions (change_id);
CREATE TABLE entries (
    "key" VARCHAR(128) NOT NULL,
    touches JSON NOT NULL,
    is_new BOOLEAN NOT NULL,
    change_id INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    CONSTRAINT pk_entries PRIMARY KEY ("key"),
    CONSTRAINT fk_entries_change_id FOREIGN KEY(change_id) REFERENCES changes (id)
);
CREATE INDEX ix_feed_candidates_former ON feed_candidates (id) WHERE state IN ('published', 'withdrawn') AND change_id IS NULL;
CREATE TABLE destinations (
    reader_id INTEGER NOT NULL,
    digest VARCHAR(64) NOT NULL,
    destination JSON NOT NULL,
    CONSTRAINT pk_destinations PRIMARY KEY (reader_id),
    CONSTRAINT fk_destinations_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE,
    CONSTRAINT uq_destinations_digest UNIQUE (digest)
);
CREATE TABLE reader_links (
    digest VARCHAR(64) NOT NULL,
    reader_id INTEGER NOT NULL,
    created DOUBLE NOT NULL,
    CONSTRAINT pk_reader_links PRIMARY KEY (digest),
    CONSTRAINT fk_reader_links_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE INDEX ix_reader_links_reader_id ON reader_links (reader_id);
CREATE TABLE "subscriptions" (
    reader_id INTEGER NOT NULL,
    every_topic BOOLEAN NOT NULL,
    pace VARCHAR(8) NOT NULL,
    hour SMALLINT NOT NULL,
    weekday SMALLINT NOT NULL,
    quiet_start SMALLINT NOT NULL,
    quiet_end SMALLINT NOT NULL,
    zone VARCHAR(64) NOT NULL,
    silent BOOLEAN DEFAULT 0 NOT NULL,
    own_language BOOLEAN DEFAULT 0 NOT NULL,
    since DOUBLE NOT NULL,
    CONSTRAINT pk_subscriptions PRIMARY KEY (reader_id),
    CONSTRAINT fk_subscriptions_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE,
    CONSTRAINT ck_subscriptions_pace CHECK (pace IN ('at_once', 'daily', 'weekly')),
    CONSTRAINT ck_subscriptions_hour CHECK (hour BETWEEN 0 AND 23),
    CONSTRAINT ck_subscriptions_weekday CHECK (weekday BETWEEN 0 AND 6),
    CONSTRAINT ck_subscriptions_quiet CHECK (quiet_start BETWEEN 0 AND 23 AND quiet_end BETWEEN 0 AND 23)
);
CREATE TABLE reports (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    reader_id INTEGER,
    language VARCHAR(8) NOT NULL,
    words TEXT NOT NULL,
    page TEXT DEFAULT '' NOT NULL,
    written DOUBLE NOT NULL,
    answered DOUBLE,
    answered_by TEXT, answer TEXT,
    CONSTRAINT fk_reports_reader_id FOREIGN KEY(reader_id) REFERENCES readers (id) ON DELETE CASCADE
);
CREATE INDEX ix_reports_reader_id ON reports (reader_id);
CREATE TABLE confirmations (
    digest VARCHAR(64) NOT NULL,
    platform VARCHAR(16) NOT NULL,
    identity VARCHAR(64) NOT NULL,
    recipient JSON NOT NULL,
    wanted JSON NOT NULL,
    language VARCHAR(8) NOT NULL,
    expires DOUBLE NOT NULL,
    CONSTRAINT pk_confirmations PRIMARY KEY (digest)
);
CREATE INDEX ix_confirmations_identity ON confirmations (identity);
CREATE INDEX ix_confirmations_expires ON confirmations (expires);
CREATE TABLE counts (
    day INTEGER NOT NULL,
    kind VARCHAR(8) NOT NULL,
    platform VARCHAR(16) NOT NULL,
    language VARCHAR(8) NOT NULL,
    subject VARCHAR(96) DEFAULT '' NOT NULL,
    times INTEGER NOT NULL,
    CONSTRAINT pk_counts PRIMARY KEY (day, kind, platform, language, subject)
);
CREATE TABLE askers (
    wording VARCHAR(200) NOT NULL,
    mark VARCHAR(4) DEFAULT '' NOT NULL,
    day INTEGER NOT NULL,
    CONSTRAINT pk_askers PRIMARY KEY (wording, mark)
);
