CREATE TABLE "assignment_turns" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"last_person_id" text COLLATE "C"
);
--> statement-breakpoint
CREATE TABLE "macros" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"folder" text,
	"template" text COLLATE "C",
	"actions" jsonb NOT NULL,
	"use_count" integer NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rule_revisions" (
	"rule_key" text COLLATE "C" NOT NULL,
	"revision" integer NOT NULL,
	"rules_version" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"by_id" text COLLATE "C",
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "rule_revisions_rule_key_revision_pk" PRIMARY KEY("rule_key","revision")
);
--> statement-breakpoint
CREATE TABLE "rule_runs" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"rule_key" text COLLATE "C" NOT NULL,
	"revision" integer NOT NULL,
	"event_id" text COLLATE "C" NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"outcome" text NOT NULL,
	"changes" jsonb NOT NULL,
	"detail" text,
	"at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "rules" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"on" text[] NOT NULL,
	"types" text[],
	"if" jsonb NOT NULL,
	"then" jsonb NOT NULL,
	"position" integer NOT NULL,
	"enabled" boolean NOT NULL,
	"state" text NOT NULL,
	"stop" boolean NOT NULL,
	"react_to_rules" boolean NOT NULL,
	"revision" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"folder" text,
	"subject" text,
	"body" text NOT NULL,
	"format" text NOT NULL,
	"locales" jsonb NOT NULL,
	"use_count" integer NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE INDEX "rule_runs_ticket" ON "rule_runs" USING btree ("ticket_id","id");--> statement-breakpoint
CREATE INDEX "rules_position" ON "rules" USING btree ("position","key");