import { Modal, Switch } from "@mantine/core";
import { Fragment } from "react";

import { ACTIONS, actionNames, type Bindings } from "../keys/bindings";
import { show } from "../keys/stroke";
import { Kbd } from "./Kbd";
import kbd from "./kbd.module.css";
import classes from "./keys.module.css";
import link from "./link.module.css";

interface Props {
  bound: Bindings;
  off: boolean;
  setOff: (off: boolean) => void;
  close: () => void;
  edit: () => void;
}

/** All keys, by what they are for. */
export function Help({ bound, off, setOff, close, edit }: Props) {
  const groups = [...new Set(actionNames.map((name) => ACTIONS[name].group))];
  return (
    <Modal opened onClose={close} title="Keys" size="lg" closeButtonProps={{ "aria-label": "Close" }}>
      <Switch
        label="Single keys answer"
        description="Off: only combinations with Ctrl or Alt work, for those who dictate or press keys by accident."
        checked={!off}
        onChange={(event) => setOff(!event.currentTarget.checked)}
        mb="md"
      />
      <div className={classes.helpColumns}>
        {groups.map((group) => (
          <section key={group} className={classes.helpGroup}>
            <h3>{group}</h3>
            <dl>
              {actionNames
                .filter((name) => ACTIONS[name].group === group && !/^pick\.[03-9]$/.test(name))
                .map((name) => (
                  <div key={name} className={classes.helpRow}>
                    <dt>{ACTIONS[name].label}</dt>
                    <dd>
                      {bound[name].length === 0
                        ? "none"
                        : bound[name].map((word, i) => (
                            <Fragment key={word}>
                              {i > 0 && " or "}
                              <span className={kbd.kbd}>{show(word)}</span>
                            </Fragment>
                          ))}
                      {name === "pick.2" && (
                        <>
                          {" … "}
                          <Kbd>0</Kbd>
                        </>
                      )}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
        <section className={classes.helpGroup}>
          <h3>In a text to mark</h3>
          <dl>
            <div className={classes.helpRow}>
              <dt>Move by word, extend</dt>
              <dd>← →, Shift + ← →</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Label what is selected</dt>
              <dd>1 … 9</dd>
            </div>
          </dl>
          <h3>On a chosen shape</h3>
          <dl>
            <div className={classes.helpRow}>
              <dt>Move, resize</dt>
              <dd>arrows, Shift + arrows</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Move by one pixel</dt>
              <dd>Alt + arrows</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Next shape, next point</dt>
              <dd>Tab</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Let go of it</dt>
              <dd>Esc</dd>
            </div>
          </dl>
          <h3>On a point, or the pen of a new outline</h3>
          <dl>
            <div className={classes.helpRow}>
              <dt>Move by one pixel, by ten</dt>
              <dd>arrows, Shift + arrows</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Close the new outline</dt>
              <dd>Enter</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Take its last point back</dt>
              <dd>Backspace</dd>
            </div>
            <div className={classes.helpRow}>
              <dt>Give it up</dt>
              <dd>Esc</dd>
            </div>
          </dl>
        </section>
      </div>
      <button type="button" className={link.link} onClick={edit}>
        Change the keys
      </button>
    </Modal>
  );
}
