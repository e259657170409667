-- What to do about WhatsApp's error codes, to start with. Rows an operator has changed stay as they are.
-- A test holds this list against the default rows in ports::whatsapp_errors.
INSERT INTO whatsapp_error_classes (code_from, code_to, class, meaning) VALUES
    -- Authorisation, permission, policy.
    (0, 0, 'PAUSE_CHANNEL', 'Authorisation failed'),
    (3, 3, 'PAUSE_CHANNEL', 'The token may not do this'),
    (10, 10, 'PAUSE_CHANNEL', 'The app lacks the permission'),
    (190, 190, 'PAUSE_CHANNEL', 'The access token has expired'),
    (200, 299, 'PAUSE_CHANNEL', 'The app lacks the permission'),
    (368, 368, 'PAUSE_CHANNEL', 'Blocked for a breach of policy'),
    (130497, 130497, 'PAUSE_CHANNEL', 'The account may not write to this country'),
    (131005, 131005, 'PAUSE_CHANNEL', 'Access denied'),
    (131031, 131031, 'PAUSE_CHANNEL', 'The account is locked'),
    (131037, 131037, 'PAUSE_CHANNEL', 'The display name is not approved'),
    (131042, 131042, 'PAUSE_CHANNEL', 'The account has a payment problem'),
    (131045, 131045, 'PAUSE_CHANNEL', 'The number is not registered'),
    (131048, 131048, 'PAUSE_CHANNEL', 'Throttled because people reported the messages'),
    (133000, 133999, 'PAUSE_CHANNEL', 'The number is not registered'),
    -- Busy, down, throttled.
    (1, 1, 'RETRY', 'The request failed for a reason unknown'),
    (2, 2, 'RETRY', 'The service is down for a moment'),
    (4, 4, 'RETRY', 'Too many calls'),
    (80007, 80007, 'RETRY', 'Too many messages from this account'),
    (130429, 130429, 'RETRY', 'Too many messages from this number'),
    (131000, 131000, 'RETRY', 'Something went wrong at the provider'),
    (131016, 131016, 'RETRY', 'The service is overloaded'),
    (131057, 131057, 'RETRY', 'The account is being maintained'),
    (133016, 133016, 'RETRY', 'Too many registrations'),
    -- Too many messages for one person.
    (131049, 131049, 'RETRY_RECIPIENT_LATER', 'Not delivered, for the person gets too many'),
    (131056, 131056, 'RETRY_RECIPIENT_LATER', 'Too many messages to one person'),
    -- Templates.
    (132000, 132000, 'PAUSE_TEMPLATE', 'The number of values does not fit the template'),
    (132001, 132001, 'PAUSE_TEMPLATE', 'There is no such template in this language'),
    (132005, 132005, 'PAUSE_TEMPLATE', 'The text is too long'),
    (132007, 132007, 'PAUSE_TEMPLATE', 'The template breaks a policy'),
    (132012, 132012, 'PAUSE_TEMPLATE', 'A value does not fit the template'),
    (132015, 132015, 'PAUSE_TEMPLATE', 'The template is paused'),
    (132016, 132016, 'PAUSE_TEMPLATE', 'The template is switched off'),
    (132068, 132068, 'PAUSE_TEMPLATE', 'The flow is blocked'),
    (132069, 132069, 'PAUSE_TEMPLATE', 'The flow is throttled'),
    -- Recipients.
    (130472, 130472, 'RECIPIENT_PERMANENT', 'Left out by an experiment of the provider'),
    (131021, 131021, 'RECIPIENT_PERMANENT', 'Sender and receiver are the same'),
    (131026, 131026, 'RECIPIENT_PERMANENT', 'The person cannot be reached on WhatsApp'),
    (131030, 131030, 'RECIPIENT_PERMANENT', 'The number is not among the test receivers'),
    (131050, 131050, 'RECIPIENT_PERMANENT', 'The person has stopped these messages'),
    -- Requests.
    (33, 33, 'REQUEST_PERMANENT', 'There is no such thing'),
    (100, 100, 'REQUEST_PERMANENT', 'A parameter is wrong'),
    (131008, 131008, 'REQUEST_PERMANENT', 'A parameter is missing'),
    (131009, 131009, 'REQUEST_PERMANENT', 'A value is wrong'),
    (131047, 131047, 'REQUEST_PERMANENT', 'More than 24 hours since the last message'),
    (131051, 131051, 'REQUEST_PERMANENT', 'The kind of message is not known'),
    (131052, 131052, 'REQUEST_PERMANENT', 'The media could not be fetched'),
    (131053, 131053, 'REQUEST_PERMANENT', 'The media could not be uploaded'),
    (135000, 135000, 'REQUEST_PERMANENT', 'The request was not understood')
ON CONFLICT DO NOTHING;
