"""One address for console and API: CloudFront over a private bucket and the HTTP API."""

from __future__ import annotations

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_s3 as s3
from constructs import Construct

CONSOLE = "console"
_YEAR = Duration.days(365)

# A folder's address shows the page in it; S3 behind an access control has no such rule.
_REWRITE = """
function handler(event) {
  var request = event.request;
  if (request.uri === '/console') {
    return {statusCode: 301, headers: {location: {value: '/console/'}}};
  }
  if (request.uri.endsWith('/')) { request.uri += 'index.html'; }
  return request;
}
"""


class Website(Construct):
    """`/console/*` comes from the bucket, everything else from the API, so the console calls
    its own origin and needs no CORS.
    """

    def __init__(self, scope: Construct, name: str, *, api_domain: str, sign_in: str) -> None:
        super().__init__(scope, "Website")
        logs = self._logs()
        self.bucket = self._files(logs)
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment=name,
            default_behavior=self._api(api_domain),
            additional_behaviors={f"/{CONSOLE}*": self._console(sign_in)},
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            price_class=cloudfront.PriceClass.PRICE_CLASS_100,
            enable_logging=True,
            log_bucket=logs,
            log_file_prefix="cloudfront/",
        )

    def _files(self, logs: s3.Bucket) -> s3.Bucket:
        """Can be deployed again at any time, so it goes with its stack once it is empty."""
        return s3.Bucket(
            self,
            "Files",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            server_access_logs_bucket=logs,
            server_access_logs_prefix="files/",
            removal_policy=RemovalPolicy.RETAIN,
        )

    def _logs(self) -> s3.Bucket:
        return s3.Bucket(
            self,
            "Logs",
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            # CloudFront's log delivery still writes with an access list.
            object_ownership=s3.ObjectOwnership.OBJECT_WRITER,
            removal_policy=RemovalPolicy.RETAIN,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(90))],
        )

    def _api(self, domain: str) -> cloudfront.BehaviorOptions:
        """Never cached. The functions set their own content policy where they send HTML."""
        return cloudfront.BehaviorOptions(
            origin=origins.HttpOrigin(
                domain, protocol_policy=cloudfront.OriginProtocolPolicy.HTTPS_ONLY
            ),
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=self._headers("ApiHeaders"),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
        )

    def _console(self, sign_in: str) -> cloudfront.BehaviorOptions:
        rewrite = cloudfront.Function(
            self,
            "Rewrite",
            code=cloudfront.FunctionCode.from_inline(_REWRITE),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(self.bucket),
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=self._headers("ConsoleHeaders", _content_policy(sign_in)),
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
            function_associations=[
                cloudfront.FunctionAssociation(
                    function=rewrite, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                )
            ],
        )

    def _headers(self, name: str, policy: str = "") -> cloudfront.ResponseHeadersPolicy:
        content = cloudfront.ResponseHeadersContentSecurityPolicy(
            content_security_policy=policy, override=True
        )
        return cloudfront.ResponseHeadersPolicy(
            self,
            name,
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=content if policy else None,
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=_YEAR, include_subdomains=True, override=True
                ),
            ),
        )


def _content_policy(sign_in: str) -> str:
    """Own files only: no third party's script ever runs beside customers' data."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            "font-src 'self'",
            f"connect-src 'self' {sign_in}",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )
