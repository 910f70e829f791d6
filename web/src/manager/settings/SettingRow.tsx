import { NumberInput, Select, Switch, TextInput } from "@mantine/core";
import { useId } from "react";

import type { Json } from "../../api/types";
import { type Setting, settingProblem } from "../logic/settings";
import classes from "./settings.module.css";

interface Props {
  setting: Setting;
  value: Json;
  fields: string[];
  set: (value: Json) => void;
  disabled: boolean;
}

/** One setting: its name, the line that explains it, and its control. */
export function SettingRow({ setting, value, fields, set, disabled }: Props) {
  const id = useId();
  const what = `${id}-what`;
  return (
    <div className={classes.setting}>
      <div>
        <label htmlFor={id}>{setting.label}</label>
        <p id={what} className={classes.what}>
          {setting.what}
        </p>
      </div>
      <div className={classes.control}>
        <Control id={id} what={what} setting={setting} value={value} fields={fields} set={set} disabled={disabled} />
      </div>
    </div>
  );
}

function Control({ id, what, setting, value, fields, set, disabled }: Props & { id: string; what: string }) {
  const { control } = setting;
  const shared = { id, disabled, "aria-describedby": what };
  switch (control.kind) {
    case "flag":
      return <Switch {...shared} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />;
    case "choice":
      return (
        <Select
          {...shared}
          data={control.options}
          value={String(value)}
          onChange={(picked) => picked && set(picked)}
          allowDeselect={false}
        />
      );
    case "field":
      return (
        <Select
          {...shared}
          data={fields}
          value={typeof value === "string" ? value : null}
          onChange={set}
          placeholder="None"
          clearable
        />
      );
    case "share":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? Math.round(value * 1000) / 10 : ""}
          onChange={(given) => set(given === "" ? null : Number(given) / 100)}
          min={0}
          max={100}
          error={settingProblem(setting, value)}
          suffix=" %"
        />
      );
    case "wholes":
      return (
        <TextInput
          {...shared}
          value={Array.isArray(value) ? value.join(", ") : String(value ?? "")}
          onChange={(event) => set(event.currentTarget.value)}
          placeholder="None"
        />
      );
    case "whole":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          onChange={(given) => set(given === "" ? null : Number(given))}
          min={control.least}
          max={control.most}
          error={settingProblem(setting, value)}
          allowDecimal={false}
          suffix={control.unit ? ` ${control.unit}` : undefined}
          placeholder={control.optional ? "None" : undefined}
        />
      );
  }
}
