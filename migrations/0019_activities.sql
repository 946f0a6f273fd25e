CREATE TABLE "activities" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"billable" boolean NOT NULL,
	"rate" jsonb,
	"enabled" boolean NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "tickets" ADD COLUMN "last_time_at" timestamp(3) with time zone;--> statement-breakpoint
-- what entries say already is an activity from now on
INSERT INTO "activities" ("key", "name", "position", "billable", "rate", "enabled", "version", "created_at", "updated_at")
  SELECT activity, activity, row_number() OVER (ORDER BY activity), true, NULL, true, 1, now(), now() FROM (SELECT DISTINCT activity FROM "time_entries" WHERE activity IS NOT NULL) AS used;--> statement-breakpoint
UPDATE "tickets" t SET "last_time_at" = e.at FROM (
  SELECT ticket_id, max(greatest(created_at, ended_at)) AS at FROM "time_entries"
  WHERE ended_at IS NOT NULL AND source <> 'automatic' AND reverses_id IS NULL GROUP BY ticket_id) AS e WHERE e.ticket_id = t.id;--> statement-breakpoint
-- ways that were saved ask for no time
UPDATE "workflows" SET "transitions" = coalesce((SELECT jsonb_agg(jsonb_set(way, '{requires,time}', 'false') ORDER BY n) FROM jsonb_array_elements("transitions") WITH ORDINALITY AS ways(way, n)), '[]');--> statement-breakpoint
UPDATE "versions" SET "vocabulary" = "vocabulary" + 1;--> statement-breakpoint
ALTER TABLE "time_entries" ADD CONSTRAINT "time_entries_activity_activities_key_fk" FOREIGN KEY ("activity") REFERENCES "public"."activities"("key") ON DELETE no action ON UPDATE no action;