import type { GraphQLResolveInfo } from 'graphql'
import { addContract } from '../domain/contracts/add-contract.ts'
import { adjustContract } from '../domain/contracts/adjust-contract.ts'
import { changeContract } from '../domain/contracts/change-contract.ts'
import { endContract } from '../domain/contracts/end-contract.ts'
import {
  contract,
  contractBalance,
  contractLedgerQuery,
  contractList,
  contractsQuery,
  ledgerList,
} from '../domain/contracts/queries.ts'
import { type ConnectionArgs, connection, pageFrom } from './connection.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type OfContract = { contractId: string }

export const contractResolvers = {
  Query: {
    contracts: async (_root: unknown, args: ConnectionArgs, { desk }: Context, info: GraphQLResolveInfo) =>
      connection(await desk.read(contractsQuery, pageFrom(args, info, contractList.filters))),
    contract: (_root: unknown, { id }: { id: string }, { desk }: Context) =>
      orNull(desk.read(contract, { contractId: id })),
    contractBalance: (_root: unknown, input: OfContract, { desk }: Context) =>
      orNull(desk.read(contractBalance, input)),
    contractLedger: async (
      _root: unknown,
      { contractId, ...args }: ConnectionArgs & OfContract,
      { desk }: Context,
      info: GraphQLResolveInfo,
    ) =>
      connection(await desk.read(contractLedgerQuery, { contractId, page: pageFrom(args, info, ledgerList.filters) })),
  },
  Mutation: {
    ...mutation(addContract),
    ...mutation(changeContract),
    ...mutation(endContract),
    ...mutation(adjustContract),
  },
}
