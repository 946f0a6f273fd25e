CREATE TABLE "contract_ledger" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"contract_id" text COLLATE "C" NOT NULL,
	"sequence" integer NOT NULL,
	"kind" text NOT NULL,
	"amount" bigint NOT NULL,
	"balance" bigint NOT NULL,
	"period_on" text COLLATE "C",
	"ticket_id" text COLLATE "C",
	"time_entry_id" text COLLATE "C",
	"note" text,
	"explanation" jsonb,
	"at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contracts" (
	"id" text COLLATE "C" PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"note" text,
	"requester_id" text COLLATE "C",
	"organization_id" text COLLATE "C",
	"unit" text NOT NULL,
	"period" text NOT NULL,
	"time_zone" text NOT NULL,
	"starts_on" text COLLATE "C" NOT NULL,
	"ends_on" text COLLATE "C",
	"drawdown" text NOT NULL,
	"allowance" bigint NOT NULL,
	"carry_over_max" bigint,
	"points_per_hour" integer,
	"units_per_ticket" bigint,
	"round_to_seconds" integer NOT NULL,
	"overage" text NOT NULL,
	"overage_limit" bigint,
	"terms" jsonb NOT NULL,
	"thresholds" jsonb NOT NULL,
	"balance" bigint NOT NULL,
	"sequence" integer NOT NULL,
	"period_on" text COLLATE "C",
	"granted" bigint NOT NULL,
	"reached" jsonb NOT NULL,
	"turns_at" timestamp(3) with time zone,
	"ended_at" timestamp(3) with time zone,
	"version" integer NOT NULL,
	"created_at" timestamp(3) with time zone NOT NULL,
	"updated_at" timestamp(3) with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "contract_ledger" ADD CONSTRAINT "contract_ledger_contract_id_contracts_id_fk" FOREIGN KEY ("contract_id") REFERENCES "public"."contracts"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "contracts" ADD CONSTRAINT "contracts_requester_id_people_id_fk" FOREIGN KEY ("requester_id") REFERENCES "public"."people"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE UNIQUE INDEX "contract_ledger_sequence" ON "contract_ledger" USING btree ("contract_id","sequence");--> statement-breakpoint
CREATE INDEX "contract_ledger_entry" ON "contract_ledger" USING btree ("time_entry_id") WHERE time_entry_id is not null;--> statement-breakpoint
CREATE INDEX "contract_ledger_ticket" ON "contract_ledger" USING btree ("ticket_id") WHERE ticket_id is not null;--> statement-breakpoint
CREATE INDEX "contracts_requester" ON "contracts" USING btree ("requester_id") WHERE requester_id is not null;--> statement-breakpoint
CREATE INDEX "contracts_organization" ON "contracts" USING btree ("organization_id") WHERE organization_id is not null;--> statement-breakpoint
CREATE INDEX "contracts_turns" ON "contracts" USING btree ("turns_at") WHERE turns_at is not null;--> statement-breakpoint
CREATE FUNCTION "contract_ledger_is_kept"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	-- erasure blanks notes, and nothing else
	IF TG_OP = 'UPDATE' AND NEW.note IS NULL AND to_jsonb(NEW) - 'note' = to_jsonb(OLD) - 'note' THEN
		RETURN NEW;
	END IF;
	RAISE EXCEPTION 'the ledger of a contract is only added to';
END $$;--> statement-breakpoint
CREATE TRIGGER "contract_ledger_is_kept" BEFORE UPDATE OR DELETE ON "contract_ledger" FOR EACH ROW EXECUTE FUNCTION "contract_ledger_is_kept"();
