/** What a request is refused with at once: an HTTP status and the broker's error envelope. */
export class OrderRefusal extends Error {
  readonly status: number;
  readonly errorType: string;

  constructor(status: number, errorType: string, message: string) {
    super(message);
    this.status = status;
    this.errorType = errorType;
  }
}

/** A parameter that the broker does not take. */
export function inputRefusal(message: string): OrderRefusal {
  return new OrderRefusal(400, 'InputException', message);
}

/** What cannot be done with the order as it is. */
export function orderRefusal(message: string): OrderRefusal {
  return new OrderRefusal(400, 'OrderException', message);
}

/** Without enough funds. Amounts in paise. */
export function fundsRefusal(requiredPaise: number, availablePaise: number): OrderRefusal {
  return new OrderRefusal(400, 'MarginException', fundsMessage(requiredPaise, availablePaise));
}

export function fundsMessage(requiredPaise: number, availablePaise: number): string {
  const required = (requiredPaise / 100).toFixed(2);
  const available = (availablePaise / 100).toFixed(2);
  return `Insufficient funds. Required margin is ${required} but available margin is ${available}.`;
}
