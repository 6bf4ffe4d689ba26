import type { Tenant } from '../tenant.ts'
import type { Contract } from './frozen.ts'

/** Our relations, without the daily partitions of the table of readings. */
const ownSchemas = `('public', 'data')`
const ownRelations = `n.nspname in ${ownSchemas} and not c.relispartition`
const relations = `pg_class c join pg_namespace n on n.oid = c.relnamespace`

/** One statement per kind of object. Each returns the name and the definition of every object. */
const statements = [
  `select 'column ' || c.relname || '.' || a.attname as name,
          concat_ws(' ', format_type(a.atttypid, a.atttypmod),
            case when a.attnotnull then 'not null' end,
            case when a.attidentity <> '' then 'identity' end,
            case when a.attgenerated <> '' then 'generated'
                 when d.adbin is not null then 'default' end,
            pg_get_expr(d.adbin, d.adrelid)) as value
     from ${relations} join pg_attribute a on a.attrelid = c.oid
     left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where ${ownRelations} and c.relkind in ('r', 'p', 'v', 'm') and a.attnum > 0 and not a.attisdropped`,
  `select 'view ' || c.relname as name, pg_get_viewdef(c.oid) as value
     from ${relations} where ${ownRelations} and c.relkind in ('v', 'm')`,
  `select 'constraint ' || c.relname || '.' || k.conname as name, pg_get_constraintdef(k.oid) as value
     from ${relations} join pg_constraint k on k.conrelid = c.oid
    where ${ownRelations} and k.contype <> 'n'`,
  `select 'index ' || t.relname || '.' || c.relname as name, pg_get_indexdef(c.oid) as value
     from ${relations} join pg_index i on i.indexrelid = c.oid join pg_class t on t.oid = i.indrelid
    where ${ownRelations}`,
  `select 'trigger ' || c.relname || '.' || g.tgname as name, pg_get_triggerdef(g.oid) as value
     from ${relations} join pg_trigger g on g.tgrelid = c.oid where ${ownRelations} and not g.tgisinternal`,
  `select 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')' as name,
          coalesce(pg_get_function_result(p.oid), '') as value
     from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = 'public'`,
  `select 'right of ' || grantee || ' on ' || table_name as name,
          string_agg(privilege_type, ', ' order by privilege_type) as value
     from information_schema.role_table_grants g
    where table_schema in ${ownSchemas} and grantee like 'telemetry\\_%'
      and not exists (select from pg_class c where c.relname = g.table_name and c.relispartition)
    group by grantee, table_name`,
  `select 'right of ' || grantee || ' on ' || table_name || '.' || column_name as name,
          string_agg(privilege_type, ', ' order by privilege_type) as value
     from information_schema.role_column_grants c
    where table_schema in ${ownSchemas} and grantee like 'telemetry\\_%'
      and not exists (
        select from information_schema.role_table_grants t
         where t.table_schema = c.table_schema and t.grantee = c.grantee
           and t.table_name = c.table_name and t.privilege_type = c.privilege_type)
    group by grantee, table_name, column_name`,
]

/**
 * The columns, views, constraints, indexes, triggers, functions and grants of a migrated database.
 */
export async function database(tenant: Tenant): Promise<Contract> {
  const found: [string, string][] = []
  for (const statement of statements) {
    const rows = await tenant.sql<{ name: string; value: string }>(statement)
    found.push(...rows.map(({ name, value }): [string, string] => [name, toOneLine(value)]))
  }
  return Object.fromEntries(found)
}

function toOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}
