"""Everything of a fleet's kinds that an account has in some regions: one line each, `region kind name`."""

import os
import sys

import botocore.session

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
LISTS = [
    ("cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("sqs", "list_queues", "QueueUrls", None),
    ("dynamodb", "list_tables", "TableNames", None),
    ("lambda", "list_functions", "Functions", "FunctionName"),
    ("lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("scheduler", "list_schedules", "Schedules", "Name"),
    ("sns", "list_topics", "Topics", "TopicArn"),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
]
EVERYWHERE = [
    ("iam", "list_roles", "Roles", "RoleName"),
    ("s3", "list_buckets", "Buckets", "Name"),
    ("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
]

session = botocore.session.get_session()


def tell(region, lists, said):
    for service, call, key, name in lists:
        client = session.create_client(service, region_name=region, endpoint_url=ENDPOINT)
        for item in getattr(client, call)().get(key, []):
            print(said, service, item if name is None else item[name])


for region in sys.argv[1:]:
    tell(region, LISTS, region)
tell(sys.argv[1], EVERYWHERE, "everywhere")
