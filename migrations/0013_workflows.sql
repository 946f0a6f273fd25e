CREATE TABLE "categories" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "projects" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"created_at" timestamp(3) with time zone DEFAULT now() NOT NULL,
	"updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workflows" (
	"type" text COLLATE "C" PRIMARY KEY NOT NULL,
	"statuses" text[] NOT NULL,
	"transitions" jsonb NOT NULL,
	"status_mapping" jsonb NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "mailboxes" ADD COLUMN "category" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "mailboxes" ADD COLUMN "project" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "priorities" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "priorities" ADD COLUMN "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "priorities" ADD COLUMN "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "notify_requester" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "template" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "statuses" ADD COLUMN "pauses_sla" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "status_entered_at" timestamp(3) with time zone;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "version" integer DEFAULT 1 NOT NULL;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "created_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "updated_at" timestamp(3) with time zone DEFAULT now() NOT NULL;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "hidden" boolean DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "icon" text;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "number_prefix" text;--> statement-breakpoint
ALTER TABLE "types" ADD COLUMN "default_team_id" text COLLATE "C";--> statement-breakpoint
ALTER TABLE "types" ADD CONSTRAINT "types_default_team_id_teams_id_fk" FOREIGN KEY ("default_team_id") REFERENCES "public"."teams"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
-- Written by hand. A desk that has had rules before gets the shipped rule that tells each phase, switched off; a new desk gets it with the others.
WITH "added" AS (
  INSERT INTO "rules" ("key", "name", "on", "types", "if", "after", "then", "position", "enabled", "state", "stop", "react_to_rules", "revision", "waits_from", "created_at", "updated_at")
  SELECT 'tell_requester_of_each_phase', 'Tell the requester of each phase that says so: those statuses that notify requesters', '{ticket.changed}', NULL,
    '{"all":[{"op":"changed","field":"status"},{"op":"isNot","field":"actor.kind","value":"system"}]}', NULL,
    '[{"action":"tellPhase"}]', (SELECT least(coalesce(max("position"), 0) + 10, 1000000) FROM "rules"), false, 'published', false, true, 1, 1, now(), now()
  WHERE EXISTS (SELECT 1 FROM "rule_revisions") AND NOT EXISTS (SELECT 1 FROM "rule_revisions" WHERE "rule_key" = 'tell_requester_of_each_phase')
  RETURNING *
), "risen" AS (
  UPDATE "versions" SET "rules" = "rules" + 1 WHERE EXISTS (SELECT 1 FROM "added") RETURNING "rules"
)
INSERT INTO "rule_revisions" ("rule_key", "revision", "rules_version", "definition", "by_id", "created_at")
SELECT "key", 1, "risen"."rules", jsonb_build_object('name', "name", 'on', to_jsonb("on"), 'types', NULL, 'if', "if", 'after', NULL, 'then', "then",
  'position', "position", 'enabled', "enabled", 'state', "state", 'stop', "stop", 'reactToRules', "react_to_rules"), NULL, "created_at"
FROM "added", "risen";
