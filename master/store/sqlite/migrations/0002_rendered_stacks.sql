-- The stacks of revisions get rows of their own, so that revisions share those that stay the same.
-- The ones that are there already are named after their revision and their place in it.
CREATE TABLE rendered_stack (id TEXT PRIMARY KEY, idx INTEGER NOT NULL, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO rendered_stack
    SELECT r.id || '-' || s.key, r.idx, json_object('id', r.id || '-' || s.key, 'spec', json(s.value))
    FROM revision AS r, json_each(r.doc, '$.stacks') AS s;
UPDATE revision SET doc = json_set(
    doc, '$.stacks',
    (SELECT json_group_array(revision.id || '-' || s.key) FROM json_each(revision.doc, '$.stacks') AS s)
);
