using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net;
using System.Reflection;
using Microsoft.Extensions.Options;
using ZeroK.Gateway.Proxies;

namespace ZeroK.Gateway;

/// <summary>Names every option that is out of its range, with the range.</summary>
public sealed class GatewayOptionsValidator : IValidateOptions<GatewayOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, GatewayOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var wrong = new List<string>();
        foreach (var property in typeof(GatewayOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance))
        {
            if (property.GetCustomAttribute<RangeAttribute>() is not { } range) continue;
            var value = Convert.ToInt64(property.GetValue(options), CultureInfo.InvariantCulture);
            if (value < Convert.ToInt64(range.Minimum, CultureInfo.InvariantCulture) || value > Convert.ToInt64(range.Maximum, CultureInfo.InvariantCulture))
                wrong.Add(string.Create(CultureInfo.InvariantCulture, $"Gateway:{property.Name} is {value}; it must be {range.Minimum} to {range.Maximum}."));
        }

        if (options.Listen != "*" && !IPAddress.TryParse(options.Listen, out _))
            wrong.Add("Gateway:Listen is neither an IP address nor \"*\".");
        if (!TrustedProxies.TryParse(options.ProxyProtocolFrom, out _, out var entry))
            wrong.Add($"Gateway:ProxyProtocolFrom: '{entry}' is neither an IP address nor a network such as 10.0.0.0/8.");
        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
