"""The road over an LGSP that speaks SOAP: form token, `lgspaccesstoken`, `AuthHash`."""
