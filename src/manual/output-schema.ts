/**
 * The JSON Schema of everything that commands print with `--json`, generated from the types in
 * src/cli/output.ts by the TypeScript checker. The code is checked against the same types, so the
 * schema cannot differ from it.
 */

import { join } from 'node:path';
import ts from 'typescript';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };
type Schema = { readonly [key: string]: Json };

/** `root` is the directory of the project. */
export function outputSchema(root: string): Schema {
  const file = join(root, 'src/cli/output.ts');
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const program = ts.createProgram([file], { ...options, noEmit: true, skipLibCheck: true });
  const checker = program.getTypeChecker();
  const outputs = exported(checker, program.getSourceFile(file)!, 'Outputs');
  const maker = new SchemaMaker(checker);
  const commands = checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(outputs))
    .map((command): readonly [string, Schema] => [command.name, maker.schemaOf(checker.getTypeOfSymbol(command))]);
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'What backup-router prints with --json',
    description:
      'Of one command: #/definitions/status, #/definitions/plan and so on; of a failure: #/definitions/error. ' +
      'Fields are added, never renamed or removed, while version is 1. Durations are milliseconds, times RFC 3339 in UTC.',
    anyOf: commands.map(([name]) => ({ $ref: `#/definitions/${name}` })),
    definitions: { ...Object.fromEntries(commands), ...maker.definitions() },
  };
}

function exported(checker: ts.TypeChecker, file: ts.SourceFile, name: string): ts.Symbol {
  const module = checker.getSymbolAtLocation(file)!;
  return checker.getExportsOfModule(module).find((symbol) => symbol.name === name)!;
}

class SchemaMaker {
  readonly #named = new Map<string, Schema>();

  constructor(readonly checker: ts.TypeChecker) {}

  definitions(): Readonly<Record<string, Schema>> {
    return Object.fromEntries([...this.#named].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** A type with a name is defined once, below `definitions`. */
  schemaOf(type: ts.Type): Schema {
    const name = this.#nameOf(type);
    if (name === undefined) return this.#plain(type);
    if (!this.#named.has(name)) {
      this.#named.set(name, {});
      this.#named.set(name, this.#plain(type));
    }
    return { $ref: `#/definitions/${name}` };
  }

  #nameOf(type: ts.Type): string | undefined {
    const symbol = type.aliasSymbol ?? (type.isClassOrInterface() ? type.symbol : undefined);
    const own = symbol?.declarations?.some((one) => !one.getSourceFile().isDeclarationFile) === true;
    return own && type.aliasTypeArguments === undefined ? symbol?.name : undefined;
  }

  #plain(type: ts.Type): Schema {
    const { checker } = this;
    if (type.isUnion()) return this.#union(type.types);
    if (type.isStringLiteral() || type.isNumberLiteral()) return { const: type.value };
    if (type.flags & ts.TypeFlags.BooleanLiteral) return { const: checker.typeToString(type) === 'true' };
    if (type.flags & ts.TypeFlags.StringLike) return { type: 'string' };
    if (type.flags & ts.TypeFlags.NumberLike) return { type: 'number' };
    if (type.flags & ts.TypeFlags.Null) return { type: 'null' };
    if (checker.isArrayType(type)) {
      const [item] = checker.getTypeArguments(type as ts.TypeReference);
      return { type: 'array', items: this.schemaOf(item!) };
    }
    // A branded string, such as an address.
    if (type.isIntersection() && type.types.some((one) => one.flags & ts.TypeFlags.StringLike))
      return { type: 'string' };
    if (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) return this.#object(type);
    throw new Error(`no JSON is made of ${checker.typeToString(type)}`);
  }

  #union(all: readonly ts.Type[]): Schema {
    const types = all.filter((one) => !(one.flags & ts.TypeFlags.Undefined));
    if (types.every((one) => one.isStringLiteral())) return { enum: types.map((one) => one.value).sort() };
    if (types.every((one) => one.flags & ts.TypeFlags.BooleanLiteral) && types.length === 2) return { type: 'boolean' };
    const flags = types.filter((one) => one.flags & ts.TypeFlags.BooleanLiteral);
    const words = types.filter((one) => one.isStringLiteral());
    const rest = types.filter((one) => !flags.includes(one) && !(words as readonly ts.Type[]).includes(one));
    const schemas = [
      ...rest.map((one) => this.schemaOf(one)),
      ...(flags.length === 2 ? [{ type: 'boolean' }] : flags.map((one) => this.schemaOf(one))),
      ...(words.length > 0 ? [{ enum: words.map((one) => one.value).sort() }] : []),
    ];
    return schemas.length === 1 ? schemas[0]! : { anyOf: schemas };
  }

  #object(type: ts.Type): Schema {
    const { checker } = this;
    const values = checker.getIndexInfoOfType(type, ts.IndexKind.String);
    if (values !== undefined) return { type: 'object', additionalProperties: this.schemaOf(values.type) };
    const properties: Record<string, Schema> = {};
    const required: string[] = [];
    for (const property of checker.getPropertiesOfType(type)) {
      const of = checker.getTypeOfSymbol(property);
      const types = of.isUnion() ? of.types : [of];
      // JSON omits properties that are undefined.
      const optional =
        (property.flags & ts.SymbolFlags.Optional) !== 0 || types.some((one) => one.flags & ts.TypeFlags.Undefined);
      const words = ts.displayPartsToString(property.getDocumentationComment(checker)).replace(/\s+/g, ' ').trim();
      const schema = this.schemaOf(of);
      properties[property.name] =
        words === ''
          ? schema
          : '$ref' in schema
            ? { description: words, allOf: [schema] }
            : { description: words, ...schema };
      if (!optional) required.push(property.name);
    }
    return { type: 'object', properties, required };
  }
}
