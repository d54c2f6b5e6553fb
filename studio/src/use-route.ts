/** The route as state: read from the address, written into it. */

import { useEffect, useState } from "preact/hooks";
import { formatRoute, parseRoute, type Route } from "./route.ts";

export function useRoute(): readonly [Route, (change: Partial<Route>) => void] {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const read = () => setRoute(parseRoute(location.hash));
    addEventListener("popstate", read);
    return () => removeEventListener("popstate", read);
  }, []);
  return [
    route,
    (change) => {
      const next = { ...route, ...change };
      // Back leads to the page before, not through every position of a slider.
      const isOther = next.page !== route.page;
      history[isOther ? "pushState" : "replaceState"](null, "", formatRoute(next));
      setRoute(next);
    },
  ];
}
