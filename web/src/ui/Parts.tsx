import { Fragment } from 'react';

/** Names and titles in a row, each with a direction of its own; empty ones are left out. */
export function Parts({ of }: { of: (string | false | null | undefined)[] }) {
  return of
    .filter((part): part is string => !!part)
    .map((part, place) => (
      <Fragment key={place}>
        {place > 0 && ' · '}
        <bdi>{part}</bdi>
      </Fragment>
    ));
}
