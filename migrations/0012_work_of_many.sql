CREATE TABLE "absences" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"starts_at" timestamp(3) with time zone NOT NULL,
	"ends_at" timestamp(3) with time zone NOT NULL,
	"substitute_id" text COLLATE "C",
	"note" text,
	"created_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "bulk_jobs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"state" text NOT NULL,
	"ticket_ids" text[] NOT NULL,
	"actions" jsonb NOT NULL,
	"progress" jsonb NOT NULL,
	"failures" jsonb NOT NULL,
	"detail" text,
	"created_by_id" text COLLATE "C" NOT NULL,
	"api_key_id" text COLLATE "C",
	"scopes" text[] NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"started_at" timestamp(3) with time zone,
	"finished_at" timestamp(3) with time zone,
	"step" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "ticket_reads" (
	"person_id" text COLLATE "C" NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"message_id" text COLLATE "C" NOT NULL,
	"read_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "ticket_reads_person_id_ticket_id_pk" PRIMARY KEY("person_id","ticket_id")
);
--> statement-breakpoint
CREATE TABLE "time_entries" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"started_at" timestamp(3) with time zone NOT NULL,
	"ended_at" timestamp(3) with time zone,
	"duration_seconds" integer NOT NULL,
	"billable_seconds" integer NOT NULL,
	"resumed_at" timestamp(3) with time zone,
	"activity" text COLLATE "C",
	"billable" boolean NOT NULL,
	"rate" jsonb,
	"note" text,
	"source" text NOT NULL,
	"state" text NOT NULL,
	"week" text COLLATE "C" NOT NULL,
	"reverses_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "time_settings" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"round_to_seconds" integer NOT NULL,
	"rounding" text NOT NULL,
	"minimum_seconds" integer NOT NULL,
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "timesheets" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"person_id" text COLLATE "C" NOT NULL,
	"week" text COLLATE "C" NOT NULL,
	"state" text NOT NULL,
	"note" text,
	"submitted_at" timestamp(3) with time zone,
	"decided_at" timestamp(3) with time zone,
	"decided_by_id" text COLLATE "C",
	"version" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "workloads" (
	"person_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"capacity" integer,
	"weight" integer NOT NULL,
	"version" integer NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "assignment_turns" ADD COLUMN "among" text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE "assignment_turns" ADD COLUMN "served" jsonb DEFAULT '{}'::jsonb NOT NULL;--> statement-breakpoint
ALTER TABLE "absences" ADD CONSTRAINT "absences_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "absences" ADD CONSTRAINT "absences_substitute_id_people_id_fk" FOREIGN KEY ("substitute_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "time_entries" ADD CONSTRAINT "time_entries_ticket_id_tickets_id_fk" FOREIGN KEY ("ticket_id") REFERENCES "public"."tickets"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "time_entries" ADD CONSTRAINT "time_entries_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "timesheets" ADD CONSTRAINT "timesheets_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "workloads" ADD CONSTRAINT "workloads_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "absences_person" ON "absences" USING btree ("person_id","ends_at");--> statement-breakpoint
CREATE UNIQUE INDEX "time_entries_one_running" ON "time_entries" USING btree ("person_id") WHERE state = 'running';--> statement-breakpoint
CREATE UNIQUE INDEX "time_entries_reversed_once" ON "time_entries" USING btree ("reverses_id") WHERE reverses_id is not null;--> statement-breakpoint
CREATE INDEX "time_entries_ticket" ON "time_entries" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "time_entries_week" ON "time_entries" USING btree ("person_id","week");--> statement-breakpoint
CREATE INDEX "time_entries_started" ON "time_entries" USING btree ("started_at","id");--> statement-breakpoint
CREATE UNIQUE INDEX "timesheets_week" ON "timesheets" USING btree ("person_id","week");