from canary import canary

canary()
