local health = {status = "Progressing", message = "Waiting for the operator"}
local status = obj.status
if status == nil or status.observedGeneration ~= obj.metadata.generation then
  return health
end
health.message = status.message or ""
if status.phase == "Suspended" or status.phase == "Cancelled" then
  health.status = "Suspended"
  return health
end
for _, condition in ipairs(status.conditions or {}) do
  if condition.status == "True" and condition.type == "Ready" then
    health.status = "Healthy"
  elseif condition.status == "True" and condition.type == "Stalled" then
    health.status = "Degraded"
    health.message = condition.reason .. ": " .. condition.message
  end
end
return health
