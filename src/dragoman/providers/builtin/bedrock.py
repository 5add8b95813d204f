"""Amazon Bedrock. Reference: docs.aws.amazon.com/bedrock/latest/APIReference (read 2026-11-21)."""

from dragoman.providers.addresses.aws import runtime_address
from dragoman.providers.auth.aws import DEFAULT_REGION, AwsAuth, region_of_profile
from dragoman.providers.settings import Setting
from dragoman.providers.spec import ProviderSpec

SPEC = ProviderSpec(
    name="bedrock",
    dialect="bedrock_converse",
    also_speaks=("openai_chat",),
    base_url=runtime_address,
    base_url_env=("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "AWS_ENDPOINT_URL"),
    paths={"openai_chat": lambda _: "/openai/v1/chat/completions"},
    settings=(
        Setting(
            name="region",
            aliases=("region_name",),
            env=("AWS_DEFAULT_REGION", "AWS_REGION"),  # botocore reads the first alone
            find=region_of_profile,
            default=DEFAULT_REGION,
            about="where none is found, not even in the profile, us-east-1 is meant",
        ),
        Setting(name="profile"),
        Setting(name="aws_access_key_id"),
        Setting(name="aws_secret_access_key"),
        Setting(name="aws_session_token"),
    ),
    auth=AwsAuth(service="bedrock"),
    listing=None,
    docs_url="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html",
)
