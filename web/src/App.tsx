import { lazy, Suspense } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";

import { Invite } from "./access/Invite";
import { Setup } from "./access/Setup";
import { SignIn } from "./access/SignIn";
import { MeContext, useSession } from "./api/queries";
import { Home } from "./home/Home";
import { decoded } from "./ui/address";
import { Boundary } from "./ui/Boundary";
import { Shell } from "./ui/Shell";
import { Failure, NotFound, Waiting } from "./ui/states";

const Label = lazy(() => import("./label/Label"));
const Manager = lazy(() => import("./manager"));

export function App() {
  const [location] = useLocation();
  return (
    <Boundary at={location}>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/sign-in" component={SignIn} />
          <Route path="/setup" component={Setup} />
          <Route path="/invite/:token">{({ token }) => <Invite token={decoded(token)} />}</Route>
          <Route>
            <SignedIn />
          </Route>
        </Switch>
      </Suspense>
    </Boundary>
  );
}

function SignedIn() {
  const session = useSession();
  const [location] = useLocation();
  if (session.isPending) return <Waiting />;
  if (session.data === undefined) return <Failure error={session.error} retry={() => void session.refetch()} />;
  if (session.data === null) return <Redirect to={`/sign-in?next=${encodeURIComponent(location)}`} replace />;
  return (
    <MeContext value={session.data}>
      <Switch>
        <Route path="/" component={Home} />
        <Route path="/p/:project/label">
          {({ project }) => <Label key={project} project={decoded(project)} />}
        </Route>
        <Route path="/p/:project/*?" component={Manager} />
        <Route path="/admin/*?" component={Manager} />
        <Route path="/new" component={Manager} />
        <Route>
          <Shell>
            <NotFound />
          </Shell>
        </Route>
      </Switch>
    </MeContext>
  );
}
