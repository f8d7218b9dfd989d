/**
 * The one memory of the core. What a pure function made of an immutable value is kept as long as
 * the value exists. So nothing is computed twice from a snapshot with ten thousand routes, or from
 * a {@link World} that has not changed.
 */

export function remembered<T extends object, R>(make: (value: T) => R): (value: T) => R {
  const made = new WeakMap<T, { readonly result: R }>();
  return (value) => {
    let known = made.get(value);
    if (known === undefined) made.set(value, (known = { result: make(value) }));
    return known.result;
  };
}
