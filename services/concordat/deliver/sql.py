"""The statements of deliver. All rows of a batch go in one statement a table."""

POSITIONS = """
SELECT partition, next_offset, cluster_id, topic_id, came_before FROM concordat.consumed
WHERE topic = $1
"""

GENERATION = "SELECT generation FROM concordat.exchange"

FOLLOWED_LOGS = "SELECT topic, cluster_id, topic_id FROM concordat.followed_log"

# Locked: it cannot become another before the batch is stored.
STILL_FOLLOWED = """
SELECT FROM concordat.followed_log WHERE topic = $1 AND cluster_id = $2 AND topic_id = $3 FOR SHARE
"""

FOLLOW_LOGS = """
INSERT INTO concordat.followed_log (topic, cluster_id, topic_id)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING
"""

BEGIN_AT = """
INSERT INTO concordat.consumed (topic, partition, next_offset, cluster_id, topic_id)
SELECT $1, p, o, $4, $5 FROM unnest($2::int[], $3::bigint[]) AS t(p, o)
ON CONFLICT DO NOTHING
"""

# Compare and set: a row that is not where we expect it is another writer's.
MOVE = """
UPDATE concordat.consumed AS c SET next_offset = m.next_offset, updated_at = now()
FROM unnest($2::int[], $3::bigint[], $4::bigint[]) AS m(partition, expected, next_offset)
WHERE c.topic = $1 AND c.partition = m.partition AND c.next_offset = m.expected
  AND c.cluster_id = $5 AND c.topic_id = $6
RETURNING c.partition
"""

KNOWN_EVENTS = """
SELECT source, id, content, admission_partition, admission_offset FROM concordat.event
JOIN unnest($1::text[], $2::text[]) AS wanted(source, id) USING (source, id)
"""

KNOWN_ADMISSIONS = """
WITH wanted AS (SELECT p, o FROM unnest($1::int[], $2::bigint[]) AS t(p, o))
SELECT p, o, source, id FROM wanted
JOIN concordat.event ON admission_partition = p AND admission_offset = o
UNION ALL
SELECT p, o, source, id FROM wanted
JOIN concordat.repeat ON admission_partition = p AND admission_offset = o
"""

INSERT_EVENTS = """
INSERT INTO concordat.event (source, id, publisher, type, subject, event_time, synthetic, content,
    admission_partition, admission_offset, register_offset, decided_at, shared, withheld, grade)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[],
    $6::timestamptz[], $7::boolean[], $8::bytea[], $9::int[], $10::bigint[], $11::bigint[],
    $12::timestamptz[], $13::jsonb[], $14::jsonb[], $15::text[])
ON CONFLICT DO NOTHING RETURNING 1
"""

PLACE_EVENTS = """
UPDATE concordat.event AS e
SET admission_partition = n.partition, admission_offset = n."offset"
FROM unnest($1::text[], $2::text[], $3::int[], $4::bigint[]) AS n(source, id, partition, "offset")
WHERE e.source = n.source AND e.id = n.id AND e.admission_partition IS NULL
"""

# Without a place one cannot be told from another: it is kept once.
INSERT_REPEATS = """
INSERT INTO concordat.repeat (admission_partition, admission_offset, source, id, publisher,
    conflict)
SELECT DISTINCT * FROM unnest($1::int[], $2::bigint[], $3::text[], $4::text[], $5::text[],
    $6::boolean[]) AS n(partition, "offset", source, id, publisher, conflict)
WHERE n.partition IS NOT NULL OR NOT EXISTS (
    SELECT FROM concordat.repeat AS r
    WHERE r.source = n.source AND r.id = n.id AND r.conflict AND r.admission_partition IS NULL)
ON CONFLICT DO NOTHING
"""

INSERT_UNREADABLE = """
INSERT INTO concordat.unreadable_routed (topic, partition, "offset", reason)
SELECT $1, p, o, r FROM unnest($2::int[], $3::bigint[], $4::text[]) AS t(p, o, r)
ON CONFLICT DO NOTHING
"""

OPEN_INBOXES = """
INSERT INTO concordat.inbox (agency, last_seq)
SELECT agency, 0 FROM unnest($1::text[]) AS agency ORDER BY agency
ON CONFLICT DO NOTHING
"""

LOCK_INBOXES = """
SELECT agency, last_seq FROM concordat.inbox WHERE agency = ANY($1::text[])
ORDER BY agency FOR NO KEY UPDATE
"""

TAKEN = """
SELECT d.agency, d.id, d.seq, d.version, d.collected_at IS NOT NULL AS collected, d.acknowledged_at
FROM concordat.delivery AS d
JOIN unnest($1::text[], $2::text[]) AS wanted(agency, id) USING (agency, id)
"""

# A replay may replace a copy: nobody may collect it meanwhile. Readers lock in this order too.
TAKEN_AND_LOCKED = TAKEN + "ORDER BY d.agency, d.seq FOR UPDATE OF d"

INSERT_DELIVERIES = """
INSERT INTO concordat.delivery (seq, agency, id, source, event_id, publisher, subject, event_type,
    agreement, version, law, shares, body, keep_until, collect_by, register_offset, arrived)
SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::text[], $10::int[], $11::text[], $12::text[], $13::text[],
    $14::date[], $15::timestamptz[], $16::bigint[], $17::text[])
"""

REPLACE_DELIVERIES = """
UPDATE concordat.delivery AS d
SET seq = n.seq, version = n.version, shares = n.shares, body = n.body,
    keep_until = n.keep_until, collect_by = n.collect_by, register_offset = n.register_offset,
    arrived = n.arrived, numbered_at = now(), acknowledged_at = NULL, purged_at = NULL,
    put_away = false
FROM unnest($1::bigint[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::date[],
    $8::timestamptz[], $9::bigint[], $10::text[]) AS n(seq, agency, id, version, shares, body,
    keep_until, collect_by, register_offset, arrived)
WHERE d.agency = n.agency AND d.id = n.id
"""

INSERT_STUBS = """
INSERT INTO concordat.stub (agency, seq, delivery_id, reason, moved_to, acknowledged_at)
SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[],
    $6::timestamptz[])
"""

KNOWN_REDECISIONS = """
SELECT source, id, agency, replay FROM concordat.redecision
JOIN unnest($1::text[], $2::text[], $3::text[], $4::text[])
    AS wanted(source, id, agency, replay) USING (source, id, agency, replay)
"""

INSERT_REDECISIONS = """
INSERT INTO concordat.redecision (replay, source, id, agency, publisher, register_offset,
    decided_at, shared, withheld, delivered)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[],
    $7::timestamptz[], $8::jsonb[], $9::jsonb[], $10::jsonb[])
"""

SET_LAST = """
UPDATE concordat.inbox SET last_seq = n.last_seq
FROM unnest($1::text[], $2::bigint[]) AS n(agency, last_seq) WHERE inbox.agency = n.agency
"""

NOTIFY = "SELECT pg_notify('concordat_inbox', agency) FROM unnest($1::text[]) AS agency"

# Open is unacknowledged, or put away: acknowledged as a stub. Each half has its index.
OPEN_ITEMS = """
SELECT agency, agreement, version, shares, publisher, event_type,
    min(register_offset) AS register_offset, min(numbered_at) AS numbered_at,
    bool_or(collected_at IS NULL AND purged_at IS NULL) AS contents
FROM concordat.delivery
WHERE acknowledged_at IS NULL OR put_away
GROUP BY agency, agreement, version, shares, publisher, event_type
"""

# Readers of an inbox lock its items in this order too.
LOCK_OPEN = """
SELECT d.agency, d.seq, d.id, d.agreement, d.version, d.shares, d.publisher, d.event_type,
    d.register_offset, d.numbered_at, d.acknowledged_at, d.keep_until
FROM concordat.delivery AS d
JOIN unnest($2::text[], $3::int[], $4::text[], $5::text[], $6::text[])
    AS held(agreement, version, shares, publisher, event_type)
    USING (agreement, version, shares, publisher, event_type)
WHERE d.agency = $1 AND d.seq > $7 AND d.purged_at IS NULL
  AND (d.acknowledged_at IS NULL OR d.put_away)
ORDER BY d.seq LIMIT $8 FOR UPDATE OF d
"""

RELEASE = """
UPDATE concordat.delivery AS d
SET seq = n.seq, register_offset = $2, numbered_at = now(), arrived = 'released',
    acknowledged_at = NULL, put_away = false
FROM unnest($3::text[], $4::bigint[]) AS n(id, seq) WHERE d.agency = $1 AND d.id = n.id
"""

PURGE = """
WITH emptied AS (
    SELECT d.seq FROM concordat.delivery AS d
    WHERE d.agency = $1 AND d.agreement = $2 AND d.version = $3 AND d.shares = $4
      AND d.publisher = $5 AND d.event_type = $6
      AND d.collected_at IS NULL AND d.purged_at IS NULL
    ORDER BY d.seq FOR NO KEY UPDATE
)
UPDATE concordat.delivery AS d SET body = NULL, purged_at = now()
FROM emptied WHERE d.agency = $1 AND d.seq = emptied.seq
"""
