-- Written by hand. The views that every desk starts with; rows like any other from then on.
INSERT INTO "views" ("key", "name", "owner", "owner_id", "condition", "sort", "group", "columns", "position", "version", "created_at", "updated_at")
SELECT key, name, 'shared', NULL, condition::jsonb, sort, "group", string_to_array(columns, ' '), position, 1, now(), now()
FROM (VALUES
  ('unassigned', 'Unassigned',
    '{"all":[{"field":"statusCategory","op":"in","value":["open","waiting_on_customer","waiting_on_other"]},{"field":"assigneeId","op":"absent"}]}',
    '-priority,createdAt', NULL, 'number subject requesterId priority teamId createdAt', 10),
  ('waiting_on_customer', 'Waiting on customer',
    '{"all":[{"field":"statusCategory","op":"is","value":"waiting_on_customer"}]}',
    '-updatedAt', NULL, 'number subject requesterId assigneeId priority updatedAt', 20),
  ('waiting_on_agent', 'Waiting on agent',
    '{"all":[{"field":"statusCategory","op":"is","value":"open"},{"field":"status","op":"is","value":"waiting_on_agent"}]}',
    '-updatedAt', NULL, 'number subject requesterId assigneeId priority updatedAt', 30),
  ('mine_by_priority', 'Mine by priority',
    '{"all":[{"field":"statusCategory","op":"in","value":["open","waiting_on_customer","waiting_on_other"]},{"field":"assigneeId","op":"is","value":"me"}]}',
    '-updatedAt', 'priority', 'number subject requesterId status priority updatedAt', 40),
  ('unresolved_by_team', 'Unresolved by team',
    '{"all":[{"field":"statusCategory","op":"in","value":["open","waiting_on_customer","waiting_on_other"]}]}',
    '-priority,-updatedAt', 'teamId', 'number subject requesterId assigneeId status priority updatedAt', 50),
  ('needs_reaction', 'Needs reaction',
    '{"all":[{"field":"statusCategory","op":"in","value":["open","waiting_on_customer","waiting_on_other"]},{"field":"needsReaction","op":"is","value":true}]}',
    'lastRequesterActivityAt', NULL, 'number subject requesterId assigneeId priority lastRequesterActivityAt', 60)
) AS shipped (key, name, condition, sort, "group", columns, position)
ON CONFLICT ("key") DO NOTHING;
