CREATE TABLE "sla_clocks" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"ticket_id" text COLLATE "C" NOT NULL,
	"metric" text NOT NULL,
	"policy_key" text COLLATE "C",
	"policy_version" integer,
	"state" text NOT NULL,
	"started_at" timestamp(3) with time zone NOT NULL,
	"target_seconds" integer,
	"elapsed_ms" bigint NOT NULL,
	"counted_at" timestamp(3) with time zone NOT NULL,
	"due_at" timestamp(3) with time zone,
	"warn_at" timestamp(3) with time zone,
	"met_at" timestamp(3) with time zone,
	"warned_at" timestamp(3) with time zone,
	"breached_at" timestamp(3) with time zone,
	"try_at" timestamp(3) with time zone,
	"attempts" integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sla_log" (
	"ticket_id" text COLLATE "C" NOT NULL,
	"sequence" integer NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"what" text NOT NULL,
	"policy_key" text COLLATE "C",
	"policy_version" integer,
	"priority" text COLLATE "C",
	"status" text COLLATE "C",
	"status_category" text,
	"is_gone" boolean,
	"is_replied" boolean,
	"awaits_reply" boolean,
	"metric" text,
	CONSTRAINT "sla_log_ticket_id_sequence_pk" PRIMARY KEY("ticket_id","sequence")
);
--> statement-breakpoint
CREATE TABLE "sla_policies" (
	"key" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"position" integer NOT NULL,
	"if" jsonb NOT NULL,
	"calendar" text COLLATE "C",
	"targets" jsonb NOT NULL,
	"paused_in" text[],
	"warning_percent" integer,
	"enabled" boolean NOT NULL,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "sla_revisions" (
	"policy_key" text COLLATE "C" NOT NULL,
	"version" integer NOT NULL,
	"definition" jsonb NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	CONSTRAINT "sla_revisions_policy_key_version_pk" PRIMARY KEY("policy_key","version")
);
--> statement-breakpoint
CREATE TABLE "sla_tickets" (
	"ticket_id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"sequence" integer NOT NULL,
	"at" timestamp(3) with time zone NOT NULL,
	"policy_key" text COLLATE "C",
	"policy_version" integer,
	"priority" text COLLATE "C",
	"status" text COLLATE "C" NOT NULL,
	"status_category" text NOT NULL,
	"is_gone" boolean NOT NULL,
	"is_replied" boolean NOT NULL
);
--> statement-breakpoint
CREATE UNIQUE INDEX "sla_clocks_ticket" ON "sla_clocks" USING btree ("ticket_id","metric");--> statement-breakpoint
CREATE INDEX "sla_clocks_try" ON "sla_clocks" USING btree ("try_at") WHERE try_at is not null;--> statement-breakpoint
CREATE INDEX "sla_clocks_running" ON "sla_clocks" USING btree (coalesce(due_at, 'infinity'),"id") WHERE state = 'running' and target_seconds is not null;--> statement-breakpoint
CREATE INDEX "sla_clocks_due" ON "sla_clocks" USING btree (coalesce(due_at, 'infinity'),"id") WHERE target_seconds is not null;--> statement-breakpoint
CREATE INDEX "sla_policies_position" ON "sla_policies" USING btree ("position","key");