"""A Celery application with one task, sent every 0.2 s into a directory of messages, or into nothing."""

import os
from pathlib import Path

import celery

place = Path(os.environ["MESSAGES"])
app = celery.Celery("site", broker="filesystem://")
app.conf.broker_transport_options = {"data_folder_in": str(place), "data_folder_out": str(place)}
app.conf.beat_schedule = {"job": {"task": "job", "schedule": 0.2}}
app.conf.beat_max_loop_interval = 1
