using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace ZeroK.Storage.Content;

/// <summary>Names each limit that is out of its range, so that a relay doesn't start with it.</summary>
public sealed class ContentLimitsValidator : IValidateOptions<ContentLimits>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, ContentLimits options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var wrong = new List<string>();
        foreach (var property in typeof(ContentLimits).GetProperties())
        {
            var range = property.GetCustomAttributes(typeof(RangeAttribute), false).Cast<RangeAttribute>().Single();
            var value = property.GetValue(options);
            if (!range.IsValid(value)) wrong.Add($"Content:{property.Name} is {value}; it must lie between {range.Minimum} and {range.Maximum}.");
        }

        return wrong.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(wrong);
    }
}
