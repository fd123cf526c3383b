"""Everything of a fleet's kinds that an account has in some regions: one line each, `region kind name`."""

import os
import sys

import botocore.session

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
# Kind, in a template's words; service, call, where its list is, and what names an entry. A test holds the kinds against the
# templates.
LISTS = [
    ("AWS::CloudFormation::Stack", "cloudformation", "describe_stacks", "Stacks", "StackName"),
    ("AWS::SQS::Queue", "sqs", "list_queues", "QueueUrls", None),
    ("AWS::DynamoDB::Table", "dynamodb", "list_tables", "TableNames", None),
    ("AWS::Lambda::Function", "lambda", "list_functions", "Functions", "FunctionName"),
    ("AWS::Lambda::EventSourceMapping", "lambda", "list_event_source_mappings", "EventSourceMappings", "UUID"),
    ("AWS::Logs::LogGroup", "logs", "describe_log_groups", "logGroups", "logGroupName"),
    ("AWS::Logs::MetricFilter", "logs", "describe_metric_filters", "metricFilters", "filterName"),
    ("AWS::Scheduler::Schedule", "scheduler", "list_schedules", "Schedules", "Name"),
    ("AWS::SNS::Topic", "sns", "list_topics", "Topics", "TopicArn"),
    ("AWS::SNS::Subscription", "sns", "list_subscriptions", "Subscriptions", "Endpoint"),
    ("AWS::CloudWatch::Alarm", "cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
]
EVERYWHERE = [
    ("AWS::IAM::Role", "iam", "list_roles", "Roles", "RoleName"),
    ("AWS::S3::Bucket", "s3", "list_buckets", "Buckets", "Name"),
    ("AWS::CloudWatch::Dashboard", "cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
]
# What is no thing of its own, but a part of another, and has no list in its service.
PARTS = [
    ("AWS::SQS::QueuePolicy", "AWS::SQS::Queue"),
    ("AWS::SNS::TopicPolicy", "AWS::SNS::Topic"),
    ("AWS::Lambda::EventInvokeConfig", "AWS::Lambda::Function"),
]

session = botocore.session.get_session()


def entries(client, call, key):
    """All pages of a list, where it has pages."""
    if not client.can_paginate(call):
        return getattr(client, call)().get(key, [])
    return [entry for page in client.get_paginator(call).paginate() for entry in page.get(key, [])]


def tell(region, lists, said):
    for kind, service, call, key, name in lists:
        client = session.create_client(service, region_name=region, endpoint_url=ENDPOINT)
        for item in entries(client, call, key):
            print(said, kind, item if name is None else item[name])


if sys.argv[1] == "--kinds":
    for kind, *_ in LISTS + EVERYWHERE:
        print(kind)
    for part, of in PARTS:
        print(part, of)
else:
    for region in sys.argv[1:]:
        tell(region, LISTS, region)
    tell(sys.argv[1], EVERYWHERE, "everywhere")
