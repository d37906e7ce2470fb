# Notices by mail and SMS. None has a link. An SMS has 70 characters at most, with a date as long as there is.
message-greeting = { $name } 先生/小姐 您好：
message-greeting-no-name = 您好：
message-password-changed = 【符信】您的密碼已變更
    .told = 您的帳號 { $account } 已於{ $when }（臺北時間）變更密碼，先前在其他裝置上的登入也一併結束了。
    .if-not = 如果不是您本人變更的，帳號可能已遭他人使用。請立即致電智慧政府客服中心 { $phone }，請客服人員停用帳號並協助您處理。
    .sms = 符信：您的密碼已於{ $when } 變更。若非本人，請電客服 { $phone }
message-right-after-failures = 【符信】密碼連續錯誤 { $failures } 次後輸入正確
    .told = 您的帳號 { $account } 在連續 { $failures } 次輸入錯誤的密碼之後，於{ $when }（臺北時間）輸入了正確的密碼。
    .if-not = 如果不是您本人，可能有人知道了您的密碼。請立即致電智慧政府客服中心 { $phone }，請客服人員停用帳號並協助您處理。
    .sms = 符信：密碼錯誤 { $failures } 次後，於{ $when } 輸入正確。若非本人，請電客服 { $phone }
message-if-own = 如果是您本人，不需要做任何事。
message-end = 這封信由符信（政府單一登入）自動寄出，請勿回覆。符信的通知不會附上登入的連結，也不會詢問您的密碼。
