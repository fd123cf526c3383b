//! The probe as a Lambda function: what init prepares, and what each invocation is handed to.

mod prepare;
mod settings;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use lambda_runtime::{Diagnostic, LambdaEvent, Runtime, service_fn};
use parallax::adapters::function::invoke::{Function, InvocationError};
use parallax::measurement::units::UnixMillis;
use serde_json::{Value, json};
use tokio::sync::Mutex;

fn main() -> ExitCode {
    let began = Instant::now();
    let Err(why) = run(began) else { return ExitCode::SUCCESS };
    println!("{}", json!({ "init": "failed", "notes": [why] }));
    ExitCode::from(2)
}

fn run(began: Instant) -> Result<(), String> {
    let settings = settings::read(&|name| std::env::var(name).ok())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| format!("no event queue: {error}"))?.block_on(async {
        let function = Arc::new(Mutex::new(prepare::function(settings, began).await?));
        let handler = service_fn(|event: LambdaEvent<Value>| invoke(function.clone(), event));
        Runtime::new(handler).run().await.map_err(|error| error.to_string())
    })
}

async fn invoke(function: Arc<Mutex<Function>>, event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    let deadline = UnixMillis(i64::try_from(event.context.deadline).unwrap_or(i64::MAX));
    let (account, outcome) = function.lock().await.invoke(&event.payload, deadline).await;
    println!("{}", account.line());
    match outcome {
        Ok(()) => Ok(json!({ "measured": account.measured, "sent": account.sent })),
        Err(error) => Err(Diagnostic { error_type: kind(&error).to_owned(), error_message: error.to_string() }),
    }
}

fn kind(error: &InvocationError) -> &'static str {
    match error {
        InvocationError::Unsent { .. } => "Parallax.Unsent",
        InvocationError::NoTargets(_) => "Parallax.NoTargets",
    }
}
