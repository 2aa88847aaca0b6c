"""verdigris.yaml: from a file to settings and a policy, and to a file from what stands in a directory.

Importing this room is cheap; `load_config` brings PyYAML and pydantic in when it is called. No model and no
dictionary leaves it, and whatever is wrong with a file is a `ConfigError` with line, column and the next step.
"""

from verdigris.config.detect import Detected, app_name, detect
from verdigris.config.load import load_apps, load_config, parse_config
from verdigris.config.policies import Change, difference, policy_hash
from verdigris.config.settings import (
    AlertSettings,
    CohortSettings,
    EnvironmentSettings,
    Expected,
    HealthSettings,
    MaintenanceSettings,
    PauseSettings,
    PrometheusSettings,
    RouterSettings,
    RouteSettings,
    Row,
    RunSettings,
    SchemaSettings,
    Settings,
    SignalSettings,
    Timeouts,
    TlsSettings,
    resolved,
)
from verdigris.config.starter import init_text

__all__ = [
    "AlertSettings",
    "Change",
    "CohortSettings",
    "Detected",
    "EnvironmentSettings",
    "Expected",
    "HealthSettings",
    "MaintenanceSettings",
    "PauseSettings",
    "PrometheusSettings",
    "RouteSettings",
    "RouterSettings",
    "Row",
    "RunSettings",
    "SchemaSettings",
    "Settings",
    "SignalSettings",
    "Timeouts",
    "TlsSettings",
    "app_name",
    "detect",
    "difference",
    "init_text",
    "load_apps",
    "load_config",
    "parse_config",
    "policy_hash",
    "resolved",
]
