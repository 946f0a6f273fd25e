import type { FastifyInstance } from 'fastify'
import { Type } from 'typebox'
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
import { Contract, ContractAct, ContractBalance, ContractPosting } from '../domain/contracts/schema.ts'
import { listRoute } from './list.ts'
import { commandRoute, queryRoute } from './route.ts'

const tag = 'Contracts'
const url = '/contracts/:contractId'
const response = Type.Ref('Contract')
const problems = ['contract_not_found'] as const

/** Prepaid hours and points. */
export function contractRoutes(app: FastifyInstance): void {
  for (const schema of [Contract, ContractBalance, ContractPosting]) app.addSchema(schema)
  listRoute(app, {
    url: '/contracts',
    query: contractsQuery,
    list: contractList,
    item: response,
    tag,
    summary: 'Contracts; to requesters theirs',
    properties: Object.keys(Contract.properties),
    read: (desk, page) => desk.read(contractsQuery, page),
  })
  queryRoute(app, { url, query: contract, response, tag, summary: 'One contract', problems })
  queryRoute(app, {
    url: `${url}/balance`,
    query: contractBalance,
    response: Type.Ref('ContractBalance'),
    tag,
    summary: 'How a contract stands now',
    problems,
  })
  listRoute(app, {
    url: `${url}/ledger`,
    query: contractLedgerQuery,
    list: ledgerList,
    item: Type.Ref('ContractPosting'),
    params: ContractAct,
    problems,
    tag,
    summary: 'What was granted, drawn, taken back, adjusted and expired',
    properties: Object.keys(ContractPosting.properties),
    read: (desk, page, { contractId = '' }) => desk.read(contractLedgerQuery, { contractId, page }),
  })
  commandRoute(app, {
    method: 'POST',
    url: '/contracts',
    command: addContract,
    status: 201,
    response,
    location: ({ id }) => `/v1/contracts/${id}`,
    tag,
    summary: 'Add a contract of a requester or an organization',
  })
  commandRoute(app, {
    method: 'PATCH',
    url,
    command: changeContract,
    status: 200,
    response,
    tag,
    summary: 'Change what a contract says of the time to come',
    problems: [...problems, 'contract_ended'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/end`,
    command: endContract,
    status: 200,
    response,
    tag,
    summary: 'End a contract at once: what remains expires',
    problems: [...problems, 'contract_ended'],
  })
  commandRoute(app, {
    method: 'POST',
    url: `${url}/adjustments`,
    command: adjustContract,
    status: 200,
    response,
    tag,
    summary: 'Correct the balance by hand, with a reason',
    problems: [...problems, 'contract_exhausted'],
  })
}
