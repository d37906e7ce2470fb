# What stands on every page.
site-name = 符信
site-subtitle = 政府單一登入
site-title-end = ｜符信
site-title-error = 錯誤：
site-skip = 跳到主要內容
site-language = 語言
site-other-language = English
site-help = 無法登入？使用說明與代碼
site-service-desk = 客服電話
site-signed-in-as = 目前以 { $name } 的身分登入
site-code = 代碼
site-going-to = 您要前往
site-cancel = 取消並返回
site-policy = 隱私權政策
site-terms = 服務條款
