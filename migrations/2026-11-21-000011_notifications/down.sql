DROP TABLE whatsapp_error_classes, whatsapp_accounts, notification_attempts, notification_logs;
