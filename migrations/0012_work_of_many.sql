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
ALTER TABLE "workloads" ADD CONSTRAINT "workloads_person_id_people_id_fk" FOREIGN KEY ("person_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "absences_person" ON "absences" USING btree ("person_id","ends_at");