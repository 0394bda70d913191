"""What must outlive every deployment: tables, documents, bus, people, secrets, their key, and
the address of the API.
"""

from __future__ import annotations

import json

from aws_cdk import CfnOutput, Duration, RemovalPolicy, SecretValue, Stack
from aws_cdk import aws_apigatewayv2 as apigateway
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra.catalogue.grants import EDI_IN, EDI_OUT, LABELS, RAW
from infra.catalogue.messaging import EVENT_SOURCE_PREFIX
from infra.catalogue.secrets import SECRETS, SecretRow
from infra.catalogue.tables import TABLES, Table, TableRow
from infra.constructs.users import Users
from infra.settings import Settings

_STRING = dynamodb.AttributeType.STRING


class DataStack(Stack):
    """Named resources: a stage that is built again over retained tables fails loudly
    ("already exists", then `cdk import`) instead of starting on empty ones.
    """

    def __init__(self, scope: Construct, settings: Settings, **options: object) -> None:
        super().__init__(scope, settings.name("data"), **options)
        self._settings = settings
        self.key = self._key()
        self.tables: dict[Table, dynamodb.Table] = {row.table: self._table(row) for row in TABLES}
        self.documents = self._documents()
        self.bus = self._bus()
        self.users = Users(self, settings)
        self.api = self._api()
        self.secrets = {row.name: self._secret(row) for row in SECRETS}
        self._outputs()

    def _key(self) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            alias=f"alias/{self._settings.prefix}",
            description=f"{self._settings.prefix}: tables, documents, secrets, alarms",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # An alarm publishes to the encrypted topic in the name of its service.
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],  # in a key's own policy this is the key
                conditions={"StringEquals": {"aws:SourceAccount": self.account}},
            )
        )
        return key

    def _table(self, row: TableRow) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            row.table,
            table_name=self._settings.name(row.table),
            partition_key=_attribute("pk"),
            sort_key=_attribute("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.key,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
            stream=dynamodb.StreamViewType[row.stream] if row.stream else None,
            time_to_live_attribute=row.expires or None,
        )
        for index in row.indexes:
            table.add_global_secondary_index(
                index_name=index.name,
                partition_key=_attribute(index.partition),
                sort_key=_attribute(index.sort),
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )
        return table

    def _documents(self) -> s3.Bucket:
        """Labels and large raw deliveries, each under its own prefix."""
        access = s3.Bucket(self, "AccessLogs", **_PRIVATE, lifecycle_rules=[_expire("", 90)])
        documents = s3.Bucket(
            self,
            "Documents",
            **_PRIVATE | {"encryption": s3.BucketEncryption.KMS},
            encryption_key=self.key,
            bucket_key_enabled=True,
            versioned=True,
            server_access_logs_bucket=access,
            server_access_logs_prefix="documents/",
            lifecycle_rules=[
                _expire(LABELS, self._settings.label_days),
                _expire(RAW, self._settings.raw_days),
                _expire(EDI_IN, self._settings.raw_days),
                _expire(EDI_OUT, self._settings.raw_days),
            ],
        )
        # CDK's own switch brings a function along that does nothing else.
        template = documents.node.default_child
        assert isinstance(template, s3.CfnBucket)
        template.add_property_override(
            "NotificationConfiguration.EventBridgeConfiguration.EventBridgeEnabled", True
        )
        return documents

    def _bus(self) -> events.EventBus:
        bus = events.EventBus(
            self, "Bus", event_bus_name=self._settings.bus, description="what happened to orders"
        )
        if not self._settings.is_local:
            bus.archive(
                "Archive",
                archive_name=self._settings.name("events"),
                event_pattern=events.EventPattern(source=events.Match.prefix(EVENT_SOURCE_PREFIX)),
                retention=Duration.days(self._settings.archive_days),
            )
        return bus

    def _api(self) -> apigateway.CfnApi:
        """The bare API. Its routes come later: the console needs its address, and they need
        the console's sign-in client.
        """
        return apigateway.CfnApi(
            self,
            "Api",
            name=self._settings.name("api"),
            protocol_type="HTTP",
            description="orders, stock, shipments, tracking: see GET /openapi.json",
        )

    def _secret(self, row: SecretRow) -> secretsmanager.Secret:
        return secretsmanager.Secret(
            self,
            f"Secret-{row.name}",
            secret_name=f"{self._settings.secrets_prefix}/{row.name}",
            description=row.purpose,
            encryption_key=self.key,
            removal_policy=RemovalPolicy.RETAIN,
            **self._value(row),
        )

    def _value(self, row: SecretRow) -> dict[str, object]:
        """A value in a template is public; only what protects nothing may stand there."""
        if self._settings.secrets is not None:
            text = json.dumps(self._settings.secrets[row.name])
            return {"secret_string_value": SecretValue.unsafe_plain_text(text)}
        if row.generated:
            return {
                "generate_secret_string": secretsmanager.SecretStringGenerator(
                    secret_string_template="{}",
                    generate_string_key=row.generated,
                    password_length=48,
                    exclude_punctuation=True,
                )
            }
        # The merchant's own value stays on the next deployment: this one never changes.
        return {"secret_string_value": SecretValue.unsafe_plain_text("{}")}

    def _outputs(self) -> None:
        outputs = {
            "ApiId": self.api.ref,
            "ApiEndpoint": self.api.attr_api_endpoint,
            "UserPoolId": self.users.pool.user_pool_id,
            "DocumentsBucket": self.documents.bucket_name,
            "EventBus": self.bus.event_bus_name,
            "SecretsPrefix": self._settings.secrets_prefix,
            "OrdersTable": self.tables[Table.ORDERS].table_name,
            "InboundTable": self.tables[Table.INBOUND].table_name,
            "StockTable": self.tables[Table.STOCK].table_name,
            "IndexTable": self.tables[Table.INDEX].table_name,
        }
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)


_PRIVATE = {
    "block_public_access": s3.BlockPublicAccess.BLOCK_ALL,
    "encryption": s3.BucketEncryption.S3_MANAGED,
    "enforce_ssl": True,
    "object_ownership": s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
    "removal_policy": RemovalPolicy.RETAIN,
}


def _attribute(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=_STRING)


def _expire(prefix: str, days: int) -> s3.LifecycleRule:
    return s3.LifecycleRule(
        prefix=prefix or None,
        expiration=Duration.days(days),
        noncurrent_version_expiration=Duration.days(30),
        abort_incomplete_multipart_upload_after=Duration.days(7),
    )
