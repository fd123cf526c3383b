//! The aggregator as a Lambda function.

use std::process::ExitCode;

use lambda_runtime::{LambdaEvent, service_fn};
use parallax_aggregator::event::Event;
use parallax_aggregator::outside::Outside;
use parallax_aggregator::settings::Settings;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("aggregator: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), lambda_runtime::Error> {
    // The runtime itself panics without it.
    if std::env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() {
        return Err(
            "this program is run by AWS Lambda, which sets AWS_LAMBDA_RUNTIME_API; `infra/deploy` puts it there".into(),
        );
    }
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let outside = Outside::new(settings).await;
        lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| outside.handle(event))).await
    })
}
