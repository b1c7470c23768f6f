import { parse } from '@babel/parser';

/**
 * One small change to a source file that makes it wrong: a condition turned round, a bound moved by one, a step left
 * out. A test suite that is worth something fails for it. The operators are the usual ones of mutation testing
 * (DeMillo, Lipton and Sayward, "Hints on Test Data Selection", 1978), and of this project's own words those that decide
 * a judgement.
 */
export interface Mutant {
  /** From 1. */
  line: number;
  /** What stood there, and what stands there now. */
  original: string;
  replacement: string;
  /** The whole file with the change in it. */
  text: string;
}

const BINARY: Record<string, string> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
};
const LOGICAL: Record<string, string> = { '&&': '||', '||': '&&' };
const METHODS: Record<string, string> = {
  some: 'every',
  every: 'some',
  max: 'min',
  min: 'max',
};
/** Words of judgements and outcomes: one for the other is a wrong verdict. */
const WORDS: Record<string, string> = {
  permitted: 'violation',
  violation: 'permitted',
  broker: 'client',
  client: 'broker',
  valid: 'inconclusive',
  inconclusive: 'valid',
  invalid: 'valid',
};

interface Node {
  type: string;
  start: number;
  end: number;
  loc: { start: { line: number } };
  [field: string]: unknown;
}

/** Every mutant of a TypeScript file, in the order of the places that they change. */
export function mutantsOf(source: string): Mutant[] {
  const program = parse(source, { sourceType: 'module', plugins: ['typescript'] }).program;
  const mutants = new Map<string, Mutant>();

  function change(node: Node, start: number, end: number, replacement: string): void {
    const text = source.slice(0, start) + replacement + source.slice(end);
    if (text === source || mutants.has(text)) return;
    mutants.set(text, { line: node.loc.start.line, original: source.slice(start, end), replacement, text });
  }
  /** The operator stands between its two sides, with nothing else but white space, comments and parentheses. */
  function changeOperator(node: Node, operators: Record<string, string>): void {
    const operator = node['operator'] as string;
    const other = operators[operator];
    if (other === undefined) return;
    const left = node['left'] as Node;
    const at = source.indexOf(operator, left.end);
    const [start, end] = [node.start, node.end];
    change(node, start, end, source.slice(start, at) + other + source.slice(at + operator.length, end));
  }
  function negate(test: Node): void {
    if (test.type === 'BinaryExpression' || test.type === 'LogicalExpression') return;
    change(test, test.start, test.end, `!(${source.slice(test.start, test.end)})`);
  }

  function visit(node: Node): void {
    switch (node.type) {
      case 'BinaryExpression':
        changeOperator(node, BINARY);
        break;
      case 'LogicalExpression':
        changeOperator(node, LOGICAL);
        break;
      case 'IfStatement':
      case 'WhileStatement':
      case 'ConditionalExpression':
        negate(node['test'] as Node);
        break;
      case 'UnaryExpression':
        if (node['operator'] === '!') change(node, node.start, node.start + 1, '');
        break;
      case 'BooleanLiteral':
        change(node, node.start, node.end, String(node['value'] !== true));
        break;
      case 'StringLiteral': {
        const other = WORDS[node['value'] as string];
        if (other !== undefined) change(node, node.start, node.end, `'${other}'`);
        break;
      }
      case 'ExpressionStatement':
        if (isCall(node['expression'] as Node)) change(node, node.start, node.end, ';');
        break;
      case 'MemberExpression': {
        const property = node['property'] as Node;
        const other = METHODS[property['name'] as string];
        if (other !== undefined) change(property, property.start, property.end, other);
        break;
      }
      default:
    }
    for (const [field, child] of Object.entries(node)) {
      if (field === 'loc' || field.endsWith('Comments')) continue;
      // Types do nothing at run time.
      if (field === 'typeAnnotation' || field === 'typeParameters' || field === 'returnType') continue;
      for (const each of Array.isArray(child) ? (child as unknown[]) : [child]) if (isNode(each)) visit(each);
    }
  }

  for (const statement of program.body as unknown as Node[]) {
    if (!/^(Import|TS|ExportNamed.*Type)/.test(statement.type)) visit(statement);
  }
  return [...mutants.values()].toSorted((a, b) => a.line - b.line);
}

function isNode(value: unknown): value is Node {
  if (typeof value !== 'object' || value === null || !('type' in value)) return false;
  const { type } = value;
  return typeof type === 'string' && !/^TS(?!As|NonNull|Satisfies)/.test(type);
}

function isCall(expression: Node): boolean {
  if (expression.type === 'AwaitExpression') return isCall(expression['argument'] as Node);
  return /^(Optional)?CallExpression$/.test(expression.type);
}
