CREATE TABLE "rule_timers" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"rule_key" text COLLATE "C" NOT NULL,
	"revision" integer NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"event_id" text COLLATE "C" NOT NULL,
	"depth" integer NOT NULL,
	"lineage" text[] NOT NULL,
	"is_silenced" boolean NOT NULL,
	"due_at" timestamp(3) with time zone NOT NULL,
	"try_at" timestamp(3) with time zone NOT NULL,
	"attempts" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "rules" ADD COLUMN "after" jsonb;--> statement-breakpoint
ALTER TABLE "rules" ADD COLUMN "waits_from" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX "rule_timers_ticket" ON "rule_timers" USING btree ("ticket_id","rule_key");--> statement-breakpoint
CREATE INDEX "rule_timers_try" ON "rule_timers" USING btree ("try_at");--> statement-breakpoint
-- Written by hand. A desk that has had rules before gets the shipped rule that waits, switched off; a new desk gets it with the others.
WITH "added" AS (
  INSERT INTO "rules" ("key", "name", "on", "types", "if", "after", "then", "position", "enabled", "state", "stop", "react_to_rules", "revision", "waits_from", "created_at", "updated_at")
  SELECT 'close_solved_after_a_week', 'Close what has been solved for a week, and nothing was said or changed since', '{ticket.changed,ticket.replied}', NULL,
    '{"op":"is","field":"statusCategory","value":"solved"}', '{"unless":["ticket.changed","ticket.replied"],"seconds":604800}',
    '[{"action":"changeTicket","status":"closed"}]', (SELECT coalesce(max("position"), 0) + 10 FROM "rules"), false, 'published', false, true, 1, 1, now(), now()
  WHERE EXISTS (SELECT 1 FROM "rule_revisions") AND NOT EXISTS (SELECT 1 FROM "rule_revisions" WHERE "rule_key" = 'close_solved_after_a_week')
  RETURNING *
), "risen" AS (
  UPDATE "versions" SET "rules" = "rules" + 1 WHERE EXISTS (SELECT 1 FROM "added") RETURNING "rules"
)
INSERT INTO "rule_revisions" ("rule_key", "revision", "rules_version", "definition", "by_id", "created_at")
SELECT "key", 1, "risen"."rules", jsonb_build_object('name', "name", 'on', to_jsonb("on"), 'types', NULL, 'if', "if", 'after', "after", 'then', "then",
  'position', "position", 'enabled', "enabled", 'state', "state", 'stop', "stop", 'reactToRules', "react_to_rules"), NULL, "created_at"
FROM "added", "risen";
