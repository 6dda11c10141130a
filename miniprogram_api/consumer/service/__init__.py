"""What a consumer may ask and say beyond a scan, without an account: recalls, reports of problems, the answer to them."""
