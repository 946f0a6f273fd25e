import { addMacro } from '../domain/macros/add-macro.ts'
import { applyMacro } from '../domain/macros/apply-macro.ts'
import { changeMacro } from '../domain/macros/change-macro.ts'
import { macroQuery, macrosQuery } from '../domain/macros/queries.ts'
import { removeMacro } from '../domain/macros/remove-macro.ts'
import { addTemplate } from '../domain/templates/add-template.ts'
import { changeTemplate } from '../domain/templates/change-template.ts'
import { renderTemplate, templateQuery, templatesQuery } from '../domain/templates/queries.ts'
import { removeTemplate } from '../domain/templates/remove-template.ts'
import type { Context } from './context.ts'
import { mutation } from './mutation.ts'
import { orNull } from './or-null.ts'

type Rendering = { key: string; ticketId: string; locale?: string | null }

export const templateResolvers = {
  Query: {
    templates: (_root: unknown, _args: object, { desk }: Context) => desk.read(templatesQuery, {}),
    template: (_root: unknown, { key }: { key: string }, { desk }: Context) =>
      orNull(desk.read(templateQuery, { key })),
    macros: (_root: unknown, _args: object, { desk }: Context) => desk.read(macrosQuery, {}),
    macro: (_root: unknown, { key }: { key: string }, { desk }: Context) => orNull(desk.read(macroQuery, { key })),
    renderTemplate: (_root: unknown, { locale, ...rest }: Rendering, { desk }: Context) =>
      desk.read(renderTemplate, { ...rest, ...(locale == null ? {} : { locale }) }),
  },
  Mutation: {
    ...mutation(addTemplate),
    ...mutation(changeTemplate),
    ...mutation(removeTemplate),
    ...mutation(addMacro),
    ...mutation(changeMacro),
    ...mutation(removeMacro),
    ...mutation(applyMacro),
  },
}
