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
