-- The tables of 0.8.0 on PostgreSQL, as pg_dump writes them.
CREATE FUNCTION keep_ids_of_deliveries() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            DECLARE instead bigint := (-4611686018427387904 - NEW.id);
            BEGIN
                IF TG_OP = 'UPDATE' THEN IF NEW.message IS DISTINCT FROM OLD.message THEN NEW.message_id := number_of_id(NEW.message, instead); ELSIF NEW.message_id IS DISTINCT FROM OLD.message_id THEN NEW.message := NEW.message_id; END IF;
                ELSIF NEW.message IS NULL THEN NEW.message := NEW.message_id;
                ELSE NEW.message_id := number_of_id(NEW.message, instead);
                END IF;
                RETURN NEW;
            END
        $$;
CREATE FUNCTION keep_ids_of_readers() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
            DECLARE instead bigint := (-4611686018427387904 - NEW.id);
            BEGIN
                IF TG_OP = 'UPDATE' THEN IF NEW.chat IS DISTINCT FROM OLD.chat THEN NEW.chat_id := number_of_id(NEW.chat, instead); ELSIF NEW.chat_id IS DISTINCT FROM OLD.chat_id THEN NEW.chat := NEW.chat_id; END IF; IF NEW.thread IS DISTINCT FROM OLD.thread THEN NEW.thread_id := number_of_id(NEW.thread, instead); ELSIF NEW.thread_id IS DISTINCT FROM OLD.thread_id THEN NEW.thread := NEW.thread_id; END IF; IF NEW.parent IS DISTINCT FROM OLD.parent THEN NEW.parent_id := number_of_id(NEW.parent, instead); ELSIF NEW.parent_id IS DISTINCT FROM OLD.parent_id THEN NEW.parent := NEW.parent_id; END IF; IF NEW.former_chat IS DISTINCT FROM OLD.former_chat THEN NEW.moved_from := number_of_id(NEW.former_chat, instead); ELSIF NEW.moved_from IS DISTINCT FROM OLD.moved_from THEN NEW.former_chat := NEW.moved_from; END IF;
                ELSIF NEW.chat IS NULL THEN NEW.chat := NEW.chat_id; NEW.thread := NEW.thread_id; NEW.parent := NEW.parent_id; NEW.former_chat := NEW.moved_from;
                ELSE NEW.chat_id := number_of_id(NEW.chat, instead); NEW.thread_id := number_of_id(NEW.thread, instead); NEW.parent_id := number_of_id(NEW.parent, instead); NEW.moved_from := number_of_id(NEW.former_chat, instead);
                END IF;
    IF TG_OP = 'INSERT' THEN PERFORM pg_advisory_xact_lock(5, hashtext(NEW.platform || NEW.chat) & 255); END IF;
                RETURN NEW;
            END
        $$;
CREATE FUNCTION number_of_id(id text, instead bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE
    AS $_$
            SELECT CASE
                WHEN id !~ '^(0|-?[1-9][0-9]{0,18})$' THEN instead
                WHEN id::numeric NOT BETWEEN -9223372036854775808 AND 9223372036854775807 THEN instead
                ELSE id::bigint
            END
        $_$;
CREATE TABLE alarms (
    kind character varying(200) NOT NULL,
    sent double precision NOT NULL
);
CREATE TABLE alembic_version (
    version_num character varying(32) NOT NULL
);
CREATE TABLE applied_updates (
    cause character varying(64) NOT NULL,
    applied double precision NOT NULL
);
CREATE TABLE askers (
    wording character varying(200) NOT NULL,
    mark character varying(4) DEFAULT ''::character varying NOT NULL,
    day integer NOT NULL
);
CREATE TABLE awaited_questions (
    id bigint NOT NULL,
    reader_id bigint NOT NULL,
    question text NOT NULL,
    language character varying(8) NOT NULL,
    asked double precision NOT NULL,
    kind character varying(8) DEFAULT 'question'::character varying NOT NULL
);
CREATE SEQUENCE awaited_questions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE awaited_questions_id_seq OWNED BY awaited_questions.id;
CREATE TABLE bulletin_texts (
    bulletin_id character varying(96) NOT NULL,
    revision integer NOT NULL,
    language character varying(8) NOT NULL,
    digest character varying(32) NOT NULL,
    article text NOT NULL,
    retracted boolean DEFAULT false NOT NULL,
    since double precision NOT NULL
);
CREATE TABLE bulletins (
    id character varying(96) NOT NULL,
    origin character varying(16) DEFAULT 'dossier'::character varying NOT NULL,
    revision integer NOT NULL,
    state character varying(16) NOT NULL,
    language character varying(8) DEFAULT 'en'::character varying NOT NULL,
    day character varying(10) NOT NULL,
    topics json NOT NULL,
    urgent boolean NOT NULL,
    not_before double precision DEFAULT 0 NOT NULL,
    published double precision,
    changed double precision NOT NULL,
    pruned double precision,
    gone double precision
);
CREATE TABLE change_decisions (
    id bigint NOT NULL,
    change_id bigint NOT NULL,
    version integer NOT NULL,
    action character varying(12) NOT NULL,
    decided double precision NOT NULL,
    decided_by text NOT NULL,
    name text NOT NULL,
    override boolean NOT NULL,
    reason text
);
CREATE SEQUENCE change_decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE change_decisions_id_seq OWNED BY change_decisions.id;
CREATE TABLE change_entries (
    change_id bigint NOT NULL,
    key character varying(128) NOT NULL,
    base json,
    content json,
    made_from json NOT NULL,
    written json,
    answer json
);
CREATE TABLE change_versions (
    change_id bigint NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    contents json NOT NULL,
    kept double precision NOT NULL
);
CREATE TABLE changes (
    id bigint NOT NULL,
    title text NOT NULL,
    state character varying(12) NOT NULL,
    version integer NOT NULL,
    created double precision NOT NULL,
    changed double precision NOT NULL,
    changed_by text NOT NULL,
    savers json NOT NULL,
    planned double precision,
    due double precision,
    edition integer,
    gathers character varying(16),
    edits json
);
CREATE SEQUENCE changes_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE changes_id_seq OWNED BY changes.id;
CREATE TABLE confirmations (
    digest character varying(64) NOT NULL,
    platform character varying(16) NOT NULL,
    identity character varying(64) NOT NULL,
    recipient json NOT NULL,
    wanted json NOT NULL,
    language character varying(8) NOT NULL,
    expires double precision NOT NULL
);
CREATE TABLE counts (
    day integer NOT NULL,
    kind character varying(8) NOT NULL,
    platform character varying(16) NOT NULL,
    language character varying(8) NOT NULL,
    subject character varying(96) DEFAULT ''::character varying NOT NULL,
    times integer NOT NULL
);
CREATE TABLE deliveries (
    id bigint NOT NULL,
    bulletin_id character varying(96) NOT NULL,
    reader_id bigint NOT NULL,
    platform character varying(16) NOT NULL,
    state character varying(12) NOT NULL,
    due double precision NOT NULL,
    wanted integer NOT NULL,
    shown integer DEFAULT 0 NOT NULL,
    language character varying(8),
    digest boolean DEFAULT false NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    message_id bigint,
    reason text,
    holder character varying(64),
    created double precision NOT NULL,
    sent double precision,
    edited double precision,
    crosspost character varying(8),
    message text,
    had integer
);
CREATE SEQUENCE deliveries_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE deliveries_id_seq OWNED BY deliveries.id;
CREATE TABLE desk_links (
    digest character varying(64) NOT NULL,
    person character varying(32) NOT NULL,
    name text NOT NULL,
    language character varying(8) NOT NULL,
    expires double precision NOT NULL
);
CREATE TABLE desk_sessions (
    digest character varying(64) NOT NULL,
    person character varying(32) NOT NULL,
    name text NOT NULL,
    language character varying(8) NOT NULL,
    expires double precision NOT NULL
);
CREATE TABLE destinations (
    reader_id bigint NOT NULL,
    digest character varying(64) NOT NULL,
    destination json NOT NULL
);
CREATE TABLE dossier_versions (
    version character varying(32) NOT NULL,
    compared double precision NOT NULL,
    facts json NOT NULL
);
CREATE TABLE draft_decisions (
    id bigint NOT NULL,
    draft_id bigint NOT NULL,
    version integer NOT NULL,
    action character varying(12) NOT NULL,
    decided double precision NOT NULL,
    decided_by text NOT NULL,
    name text NOT NULL,
    override boolean NOT NULL,
    reason text
);
CREATE SEQUENCE draft_decisions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE draft_decisions_id_seq OWNED BY draft_decisions.id;
CREATE TABLE draft_versions (
    draft_id bigint NOT NULL,
    version integer NOT NULL,
    content json NOT NULL,
    saved double precision NOT NULL,
    saved_by text NOT NULL,
    name text NOT NULL
);
CREATE TABLE drafts (
    id bigint NOT NULL,
    state character varying(12) NOT NULL,
    version integer NOT NULL,
    title text NOT NULL,
    created double precision NOT NULL,
    changed double precision NOT NULL,
    changed_by text NOT NULL,
    bulletin_id character varying(96),
    day character varying(10),
    sent_version integer,
    send_at double precision,
    corrected double precision,
    reason text,
    approved double precision,
    change_id bigint
);
CREATE SEQUENCE drafts_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE drafts_id_seq OWNED BY drafts.id;
CREATE TABLE entries (
    key character varying(128) NOT NULL,
    touches json NOT NULL,
    is_new boolean NOT NULL,
    change_id bigint NOT NULL,
    edition integer NOT NULL
);
CREATE TABLE feed_candidates (
    id bigint NOT NULL,
    feed character varying(96) NOT NULL,
    publisher text NOT NULL,
    language character varying(8) NOT NULL,
    topics json NOT NULL,
    title text NOT NULL,
    line text NOT NULL,
    link text NOT NULL,
    page text NOT NULL,
    headline text NOT NULL,
    why json NOT NULL,
    published double precision,
    state character varying(12) NOT NULL,
    round integer NOT NULL,
    found double precision NOT NULL,
    returns double precision,
    expires double precision NOT NULL,
    decided double precision,
    decided_by text,
    bulletin_id character varying(96),
    change_id bigint
);
CREATE SEQUENCE feed_candidates_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE feed_candidates_id_seq OWNED BY feed_candidates.id;
CREATE TABLE feeds (
    id character varying(96) NOT NULL,
    url text NOT NULL,
    moved_to text,
    etag text,
    last_modified text,
    digest character varying(32),
    seen_keys text,
    "interval" double precision NOT NULL,
    due double precision NOT NULL,
    fetched double precision NOT NULL,
    succeeded double precision,
    status text NOT NULL,
    items integer DEFAULT 0 NOT NULL,
    matches integer DEFAULT 0 NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    ended double precision,
    fetches bigint NOT NULL
);
CREATE TABLE leases (
    name character varying(96) NOT NULL,
    holder character varying(64),
    until double precision NOT NULL,
    renewals bigint NOT NULL,
    delivered double precision
);
CREATE TABLE processes (
    id character varying(64) NOT NULL,
    dossier_version character varying(32) NOT NULL,
    until double precision NOT NULL,
    release character varying(32)
);
CREATE TABLE ratings (
    day integer NOT NULL,
    topic character varying(96) NOT NULL,
    language character varying(8) NOT NULL,
    helped integer DEFAULT 0 NOT NULL,
    failed integer DEFAULT 0 NOT NULL
);
CREATE TABLE reader_links (
    digest character varying(64) NOT NULL,
    reader_id bigint NOT NULL,
    created double precision NOT NULL
);
CREATE TABLE readers (
    id bigint NOT NULL,
    platform character varying(16) NOT NULL,
    chat_id bigint NOT NULL,
    thread_id bigint DEFAULT 0 NOT NULL,
    parent_id bigint,
    kind character varying(16) NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    language character varying(8),
    detected_language character varying(8),
    checks_forwards boolean DEFAULT false NOT NULL,
    suspended_since double precision,
    reason text,
    notice character varying(16),
    first_seen double precision NOT NULL,
    audience character varying(8),
    missing_rights bigint DEFAULT 0 NOT NULL,
    moved_from bigint,
    ended_subscription json,
    unsubscribed double precision,
    chat text,
    thread text,
    parent text,
    former_chat text
);
CREATE SEQUENCE readers_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE readers_id_seq OWNED BY readers.id;
CREATE TABLE reports (
    id bigint NOT NULL,
    reader_id bigint,
    language character varying(8) NOT NULL,
    words text NOT NULL,
    page text DEFAULT ''::text NOT NULL,
    written double precision NOT NULL,
    answered double precision,
    answered_by text,
    answer text
);
CREATE SEQUENCE reports_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;
ALTER SEQUENCE reports_id_seq OWNED BY reports.id;
CREATE TABLE safeguards (
    id integer NOT NULL,
    dossier character varying(96),
    held character varying(32),
    held_changes json,
    confirmed character varying(32),
    stopped double precision,
    stopped_by text,
    edition integer DEFAULT 0 NOT NULL,
    stamp character varying(32),
    former_topics json
);
CREATE TABLE schema_compatibility (
    readable_from integer NOT NULL
);
CREATE TABLE scoped_menus (
    platform character varying(16) NOT NULL,
    scope character varying(255) NOT NULL
);
CREATE TABLE subscription_topics (
    reader_id bigint NOT NULL,
    topic character varying(96) NOT NULL
);
CREATE TABLE subscriptions (
    reader_id bigint NOT NULL,
    every_topic boolean NOT NULL,
    pace character varying(8) NOT NULL,
    hour smallint NOT NULL,
    weekday smallint NOT NULL,
    quiet_start smallint NOT NULL,
    quiet_end smallint NOT NULL,
    zone character varying(64) NOT NULL,
    silent boolean DEFAULT false NOT NULL,
    own_language boolean DEFAULT false NOT NULL,
    since double precision NOT NULL,
    CONSTRAINT ck_subscriptions_hour CHECK (((hour >= 0) AND (hour <= 23))),
    CONSTRAINT ck_subscriptions_pace CHECK (pace IN ('at_once', 'daily', 'weekly')),
    CONSTRAINT ck_subscriptions_quiet CHECK ((((quiet_start >= 0) AND (quiet_start <= 23)) AND ((quiet_end >= 0) AND (quiet_end <= 23)))),
    CONSTRAINT ck_subscriptions_weekday CHECK (((weekday >= 0) AND (weekday <= 6)))
);
CREATE TABLE unanswered_questions (
    day integer NOT NULL,
    kind character varying(8) DEFAULT 'question'::character varying NOT NULL,
    language character varying(8) NOT NULL,
    wording character varying(200) DEFAULT ''::character varying NOT NULL,
    times integer NOT NULL
);
ALTER TABLE ONLY awaited_questions ALTER COLUMN id SET DEFAULT nextval('awaited_questions_id_seq'::regclass);
ALTER TABLE ONLY change_decisions ALTER COLUMN id SET DEFAULT nextval('change_decisions_id_seq'::regclass);
ALTER TABLE ONLY changes ALTER COLUMN id SET DEFAULT nextval('changes_id_seq'::regclass);
ALTER TABLE ONLY deliveries ALTER COLUMN id SET DEFAULT nextval('deliveries_id_seq'::regclass);
ALTER TABLE ONLY draft_decisions ALTER COLUMN id SET DEFAULT nextval('draft_decisions_id_seq'::regclass);
ALTER TABLE ONLY drafts ALTER COLUMN id SET DEFAULT nextval('drafts_id_seq'::regclass);
ALTER TABLE ONLY feed_candidates ALTER COLUMN id SET DEFAULT nextval('feed_candidates_id_seq'::regclass);
ALTER TABLE ONLY readers ALTER COLUMN id SET DEFAULT nextval('readers_id_seq'::regclass);
ALTER TABLE ONLY reports ALTER COLUMN id SET DEFAULT nextval('reports_id_seq'::regclass);
ALTER TABLE ONLY alembic_version
    ADD CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num);
ALTER TABLE ONLY alarms
    ADD CONSTRAINT pk_alarms PRIMARY KEY (kind);
ALTER TABLE ONLY applied_updates
    ADD CONSTRAINT pk_applied_updates PRIMARY KEY (cause);
ALTER TABLE ONLY askers
    ADD CONSTRAINT pk_askers PRIMARY KEY (wording, mark);
ALTER TABLE ONLY awaited_questions
    ADD CONSTRAINT pk_awaited_questions PRIMARY KEY (id);
ALTER TABLE ONLY bulletin_texts
    ADD CONSTRAINT pk_bulletin_texts PRIMARY KEY (bulletin_id, revision, language);
ALTER TABLE ONLY bulletins
    ADD CONSTRAINT pk_bulletins PRIMARY KEY (id);
ALTER TABLE ONLY change_decisions
    ADD CONSTRAINT pk_change_decisions PRIMARY KEY (id);
ALTER TABLE ONLY change_entries
    ADD CONSTRAINT pk_change_entries PRIMARY KEY (change_id, key);
ALTER TABLE ONLY change_versions
    ADD CONSTRAINT pk_change_versions PRIMARY KEY (change_id, version);
ALTER TABLE ONLY changes
    ADD CONSTRAINT pk_changes PRIMARY KEY (id);
ALTER TABLE ONLY confirmations
    ADD CONSTRAINT pk_confirmations PRIMARY KEY (digest);
ALTER TABLE ONLY counts
    ADD CONSTRAINT pk_counts PRIMARY KEY (day, kind, platform, language, subject);
ALTER TABLE ONLY deliveries
    ADD CONSTRAINT pk_deliveries PRIMARY KEY (id);
ALTER TABLE ONLY desk_links
    ADD CONSTRAINT pk_desk_links PRIMARY KEY (digest);
ALTER TABLE ONLY desk_sessions
    ADD CONSTRAINT pk_desk_sessions PRIMARY KEY (digest);
ALTER TABLE ONLY destinations
    ADD CONSTRAINT pk_destinations PRIMARY KEY (reader_id);
ALTER TABLE ONLY dossier_versions
    ADD CONSTRAINT pk_dossier_versions PRIMARY KEY (version);
ALTER TABLE ONLY draft_decisions
    ADD CONSTRAINT pk_draft_decisions PRIMARY KEY (id);
ALTER TABLE ONLY draft_versions
    ADD CONSTRAINT pk_draft_versions PRIMARY KEY (draft_id, version);
ALTER TABLE ONLY drafts
    ADD CONSTRAINT pk_drafts PRIMARY KEY (id);
ALTER TABLE ONLY entries
    ADD CONSTRAINT pk_entries PRIMARY KEY (key);
ALTER TABLE ONLY feed_candidates
    ADD CONSTRAINT pk_feed_candidates PRIMARY KEY (id);
ALTER TABLE ONLY feeds
    ADD CONSTRAINT pk_feeds PRIMARY KEY (id);
ALTER TABLE ONLY leases
    ADD CONSTRAINT pk_leases PRIMARY KEY (name);
ALTER TABLE ONLY processes
    ADD CONSTRAINT pk_processes PRIMARY KEY (id);
ALTER TABLE ONLY ratings
    ADD CONSTRAINT pk_ratings PRIMARY KEY (day, topic, language);
ALTER TABLE ONLY reader_links
    ADD CONSTRAINT pk_reader_links PRIMARY KEY (digest);
ALTER TABLE ONLY readers
    ADD CONSTRAINT pk_readers PRIMARY KEY (id);
ALTER TABLE ONLY reports
    ADD CONSTRAINT pk_reports PRIMARY KEY (id);
ALTER TABLE ONLY safeguards
    ADD CONSTRAINT pk_safeguards PRIMARY KEY (id);
ALTER TABLE ONLY schema_compatibility
    ADD CONSTRAINT pk_schema_compatibility PRIMARY KEY (readable_from);
ALTER TABLE ONLY scoped_menus
    ADD CONSTRAINT pk_scoped_menus PRIMARY KEY (platform, scope);
ALTER TABLE ONLY subscription_topics
    ADD CONSTRAINT pk_subscription_topics PRIMARY KEY (reader_id, topic);
ALTER TABLE ONLY subscriptions
    ADD CONSTRAINT pk_subscriptions PRIMARY KEY (reader_id);
ALTER TABLE ONLY unanswered_questions
    ADD CONSTRAINT pk_unanswered_questions PRIMARY KEY (day, kind, language, wording);
ALTER TABLE ONLY deliveries
    ADD CONSTRAINT uq_deliveries_bulletin_id_reader_id UNIQUE (bulletin_id, reader_id);
ALTER TABLE ONLY destinations
    ADD CONSTRAINT uq_destinations_digest UNIQUE (digest);
ALTER TABLE ONLY drafts
    ADD CONSTRAINT uq_drafts_bulletin_id UNIQUE (bulletin_id);
ALTER TABLE ONLY readers
    ADD CONSTRAINT uq_readers_platform_chat_id_thread_id UNIQUE (platform, chat_id, thread_id);
CREATE INDEX ix_applied_updates_applied ON applied_updates USING btree (applied);
CREATE INDEX ix_awaited_questions_reader_id ON awaited_questions USING btree (reader_id);
CREATE INDEX ix_change_decisions_change_id ON change_decisions USING btree (change_id);
CREATE INDEX ix_change_entries_key ON change_entries USING btree (key);
CREATE INDEX ix_changes_state ON changes USING btree (state, changed);
CREATE INDEX ix_confirmations_expires ON confirmations USING btree (expires);
CREATE INDEX ix_confirmations_identity ON confirmations USING btree (identity);
CREATE INDEX ix_deliveries_claimed ON deliveries USING btree (platform) WHERE ((state)::text = 'claimed'::text);
CREATE INDEX ix_deliveries_due ON deliveries USING btree (platform, due, id) WHERE ((state)::text = 'due'::text);
CREATE INDEX ix_deliveries_reader_id_id ON deliveries USING btree (reader_id, id);
CREATE INDEX ix_deliveries_retry ON deliveries USING btree (platform, due) WHERE ((state)::text = 'retry'::text);
CREATE INDEX ix_draft_decisions_draft_id ON draft_decisions USING btree (draft_id);
CREATE INDEX ix_drafts_state ON drafts USING btree (state, changed);
CREATE INDEX ix_feed_candidates_former ON feed_candidates USING btree (id) WHERE (((state)::text = ANY ((ARRAY['published'::character varying, 'withdrawn'::character varying])::text[])) AND (change_id IS NULL));
CREATE INDEX ix_feed_candidates_found ON feed_candidates USING btree (found);
CREATE INDEX ix_feed_candidates_state ON feed_candidates USING btree (state, id);
CREATE INDEX ix_reader_links_reader_id ON reader_links USING btree (reader_id);
CREATE UNIQUE INDEX ix_readers_platform_chat_thread ON readers USING btree (platform, chat, thread);
CREATE INDEX ix_reports_reader_id ON reports USING btree (reader_id);
CREATE TRIGGER keep_ids_inserted BEFORE INSERT ON deliveries FOR EACH ROW WHEN (((new.message IS NOT NULL) OR (new.message_id IS NOT NULL))) EXECUTE FUNCTION keep_ids_of_deliveries();
CREATE TRIGGER keep_ids_inserted BEFORE INSERT ON readers FOR EACH ROW WHEN (((new.chat IS NOT NULL) OR (new.thread IS NOT NULL) OR (new.parent IS NOT NULL) OR (new.former_chat IS NOT NULL) OR (new.chat_id IS NOT NULL) OR (new.thread_id IS NOT NULL) OR (new.parent_id IS NOT NULL) OR (new.moved_from IS NOT NULL))) EXECUTE FUNCTION keep_ids_of_readers();
CREATE TRIGGER keep_ids_updated BEFORE UPDATE OF message, message_id ON deliveries FOR EACH ROW EXECUTE FUNCTION keep_ids_of_deliveries();
CREATE TRIGGER keep_ids_updated BEFORE UPDATE OF chat, thread, parent, former_chat, chat_id, thread_id, parent_id, moved_from ON readers FOR EACH ROW EXECUTE FUNCTION keep_ids_of_readers();
ALTER TABLE ONLY awaited_questions
    ADD CONSTRAINT fk_awaited_questions_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY bulletin_texts
    ADD CONSTRAINT fk_bulletin_texts_bulletin_id FOREIGN KEY (bulletin_id) REFERENCES bulletins(id) ON DELETE CASCADE;
ALTER TABLE ONLY change_decisions
    ADD CONSTRAINT fk_change_decisions_change_id FOREIGN KEY (change_id) REFERENCES changes(id) ON DELETE CASCADE;
ALTER TABLE ONLY change_entries
    ADD CONSTRAINT fk_change_entries_change_id FOREIGN KEY (change_id) REFERENCES changes(id) ON DELETE CASCADE;
ALTER TABLE ONLY change_versions
    ADD CONSTRAINT fk_change_versions_change_id FOREIGN KEY (change_id) REFERENCES changes(id) ON DELETE CASCADE;
ALTER TABLE ONLY deliveries
    ADD CONSTRAINT fk_deliveries_bulletin_id FOREIGN KEY (bulletin_id) REFERENCES bulletins(id) ON DELETE CASCADE;
ALTER TABLE ONLY deliveries
    ADD CONSTRAINT fk_deliveries_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY destinations
    ADD CONSTRAINT fk_destinations_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY draft_decisions
    ADD CONSTRAINT fk_draft_decisions_draft_id FOREIGN KEY (draft_id) REFERENCES drafts(id) ON DELETE CASCADE;
ALTER TABLE ONLY draft_versions
    ADD CONSTRAINT fk_draft_versions_draft_id FOREIGN KEY (draft_id) REFERENCES drafts(id) ON DELETE CASCADE;
ALTER TABLE ONLY entries
    ADD CONSTRAINT fk_entries_change_id FOREIGN KEY (change_id) REFERENCES changes(id);
ALTER TABLE ONLY reader_links
    ADD CONSTRAINT fk_reader_links_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY reports
    ADD CONSTRAINT fk_reports_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY subscription_topics
    ADD CONSTRAINT fk_subscription_topics_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
ALTER TABLE ONLY subscriptions
    ADD CONSTRAINT fk_subscriptions_reader_id FOREIGN KEY (reader_id) REFERENCES readers(id) ON DELETE CASCADE;
