// The dependency rule: main, cli → app → {rest, graphql, mail, jobs} → domain → kernel → db.
// The files at the top of src are composition roots: they may import all, and nothing below imports them but config.ts.

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from: { path: from }, to })

const adapter = '^src/(rest|graphql|mail|jobs)/'
const command = '^src/domain/[^/]+/[^/]+-[^/]+\\.ts$'
const decision = '^src/domain/[^/]+/(policy|decide|schema)(\\.ts$|/)'
const root = '^src/[^/]+\\.ts$'

module.exports = {
  forbidden: [
    forbid('no-cycles', 'a cycle has no inside', '^src/', { circular: true }),
    forbid('nothing-is-missing', 'an import that finds no file is checked by no rule', '^(src|test|bench)/', {
      couldNotResolve: true,
    }),
    forbid('decisions-are-pure', 'schema, policy and decide know things; they do not do things', decision, {
      path: '^src/(db|rest|graphql|mail|jobs)/|/(table|store|queries|react)\\.ts$|^node:|node_modules/(drizzle|fastify|mercurius)',
      dependencyTypesNot: ['type-only'],
    }),
    forbid('decisions-do-no-io', 'node: modules are named without their prefix here', decision, {
      dependencyTypes: ['core'],
      dependencyTypesNot: ['type-only'],
    }),
    forbid('data-flows-inwards', 'the domain knows no adapter', '^src/(domain|kernel)/', {
      path: `${adapter}|^src/(app|main|cli)|node_modules/(@fastify|fastify|mercurius|graphql|nodemailer|smtp-server|mailparser)`,
    }),
    forbid(
      'roots-are-on-top',
      'a composition root is started, never imported; config.ts is a value with a type',
      '^src/(?!cli/)[^/]+/',
      {
        path: root,
        pathNot: '^src/config\\.ts$',
      },
    ),
    forbid(
      'config-is-handed-in',
      'below the roots nobody reads the configuration; its type may be named',
      '^src/(?!cli/)[^/]+/',
      {
        path: '^src/config(\\.ts$|/)',
        pathNot: '^src/config/',
        dependencyTypesNot: ['type-only'],
      },
    ),
    forbid('kernel-knows-no-feature', 'how anything happens does not depend on what happens', '^src/kernel/', {
      path: '^src/domain/',
    }),
    forbid(
      'db-is-the-ground',
      'only tables.ts looks up, to collect the tables for drizzle-kit',
      '^src/db/(?!tables\\.ts)',
      {
        path: '^src/(kernel|domain|rest|graphql|mail|jobs)/',
      },
    ),
    forbid('adapters-never-touch-tables', 'adapters speak through desk.execute and desk.read', adapter, {
      path: '^src/db/|/(table|store|react)\\.ts$|node_modules/drizzle-orm',
    }),
    forbid('adapters-are-strangers', 'each knows the domain, none knows another', adapter, {
      path: adapter,
      pathNot: '^src/$1/',
    }),
    forbid('one-command-one-step', 'only a reaction or an adapter starts a second command', command, { path: command }),
    forbid('no-development-in-the-product', 'the image is installed without devDependencies', '^src/', {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
    }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
}
