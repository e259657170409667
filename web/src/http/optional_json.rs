//! A JSON body that may be left out, as for a verb that needs no words.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::error::{ContentTypeError, ParseRequestPayloadError};
use poem_openapi::payload::{Json, Payload as _};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::ParseFromJSON;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

/// The body, or the default where there is none. Without a body there need be no `Content-Type` either.
#[derive(Debug, Clone, Default)]
pub struct OptionalJson<T>(pub T);

impl<'a, T: ParseFromJSON + Default> ApiExtractor<'a> for OptionalJson<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType {
                content_type: Json::<T>::CONTENT_TYPE,
                schema: T::schema_ref(),
            }],
            required: false,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        let bytes = <Vec<u8> as FromRequest>::from_request(request, body).await?;
        if bytes.is_empty() {
            return Ok(OptionalJson(T::default()));
        }
        match request.content_type() {
            Some(kind) if Json::<T>::check_content_type(kind) => parse(&bytes),
            Some(kind) => Err(ContentTypeError::NotSupported {
                content_type: kind.to_owned(),
            }
            .into()),
            None => Err(ContentTypeError::ExpectContentType.into()),
        }
    }
}

fn parse<T: ParseFromJSON>(bytes: &[u8]) -> Result<OptionalJson<T>> {
    let value = serde_json::from_slice(bytes).map_err(|error| ParseRequestPayloadError {
        reason: error.to_string(),
    })?;
    let parsed = T::parse_from_json(Some(value)).map_err(|error| ParseRequestPayloadError {
        reason: error.into_message(),
    })?;
    Ok(OptionalJson(parsed))
}
