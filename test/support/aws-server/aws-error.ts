/** An error as AWS answers it. */
export class AwsError extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export type AwsFields = Readonly<Record<string, unknown>>;

/** A required text of a request. */
export function textField(fields: AwsFields, name: string): string {
  const value = fields[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new AwsError('ValidationException', `${name} is missing`);
}
